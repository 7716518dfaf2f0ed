package state

import "sync/atomic"

// mailboxSize is how many messages wait for a subscriber. More would not help: a message only says "look".
const mailboxSize = 64

// mailbox hands messages to one subscriber and never waits for it.
type mailbox struct {
	messages chan string
	dropped  *atomic.Uint64
}

func newMailbox(dropped *atomic.Uint64) mailbox {
	return mailbox{messages: make(chan string, mailboxSize), dropped: dropped}
}

func (m mailbox) put(payload string) {
	select {
	case m.messages <- payload:
	default:
		m.dropped.Add(1)
	}
}
