package wire

const (
	notUpgraded = 1 + iota
	upgraded
)

// Upgraded says that the request for an upgrade was granted: from here on the connection is another protocol's.
func (c *Conn) Upgraded() { c.verdict.Store(upgraded) }

// NotUpgraded says that the request that carried an Upgrade field was answered as an ordinary one. It must be called
// before the server reads on, or what follows is never looked at and never given out.
func (c *Conn) NotUpgraded() { c.verdict.Store(notUpgraded) }

// hearVerdict goes on behind a request for an upgrade, if it has been answered.
func (c *Conn) hearVerdict() bool {
	if c.scan.state != undecided {
		return false
	}
	switch c.verdict.Swap(0) {
	case upgraded:
		c.scan.state, c.free = inHead, true
		c.ready = len(c.held)
	case notUpgraded:
		c.scan.state = inHead
		if len(c.held) > 0 {
			c.judge()
		}
	default:
		return false
	}
	return true
}
