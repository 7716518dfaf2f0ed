package view

// Login is the door: how to get a link, the button that uses one, or why one did not work.
type Login struct {
	State LoginState
	Token string // carried from the link to the button; set in LoginConfirm only
}

// LoginState says which of the door's faces is shown.
type LoginState string

// Faces of the door.
const (
	LoginAsk     LoginState = "ask"     // no link yet
	LoginConfirm LoginState = "confirm" // came by a link: one button
	LoginExpired LoginState = "expired" // the link was used, is too old, or never was one
	LoginLimited LoginState = "limited" // too many attempts
	LoginGone    LoginState = "gone"    // signed out
)

// Template names the template.
func (Login) Template() string { return "login" }
