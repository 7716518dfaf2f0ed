package redact

// Line returns a line of a log fit to be kept: at most limit bytes of what [Text] returns.
func Line(s string, limit int) string { return Clip(Text(Clip(s, limit)), limit) }
