package wire

import "time"

// The server sets its deadline for a head when it begins to wait for the next one, and takes the generous one for an idle
// connection until it has seen the first bytes. Since a head is given out only when it is whole, we bound the time
// between its first byte and its last ourselves.

// SetReadDeadline sets the server's deadline.
func (c *Conn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deadline, c.armed = t, false
	c.woken = !t.IsZero() && !t.After(time.Now())
	return c.Conn.SetReadDeadline(t)
}

// SetDeadline sets the server's deadline for both ways.
func (c *Conn) SetDeadline(t time.Time) error {
	if err := c.SetReadDeadline(t); err != nil {
		return err
	}
	return c.SetWriteDeadline(t)
}

// hurry lets the wait for the rest of a head end in time. A reader that the server has just called back stays called.
func (c *Conn) hurry() {
	if !c.scan.InHead() {
		return
	}
	if c.began.IsZero() {
		c.began = time.Now()
	}
	limit := c.began.Add(c.headTimeout)
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.woken && (c.deadline.IsZero() || limit.Before(c.deadline)) {
		c.armed = true
		_ = c.Conn.SetReadDeadline(limit) // fails on a closed connection, which the read will say
	}
}

// relax takes our deadline away again.
func (c *Conn) relax() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.armed {
		c.armed = false
		_ = c.Conn.SetReadDeadline(c.deadline)
	}
}

// wanted reports whether the server has called its reader back.
func (c *Conn) wanted() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.woken
}
