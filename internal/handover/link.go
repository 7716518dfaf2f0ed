package handover

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// word is one message. Exactly one of the fields beside Is belongs to it.
type word struct {
	Is    string         `json:"is"`
	Brief *Brief         `json:"brief,omitempty"`
	Event *sekisho.Event `json:"event,omitempty"`
	Text  string         `json:"text,omitempty"`
	Kind  sekisho.Kind   `json:"kind,omitempty"`
}

const (
	isBrief    = "brief"    // old: this is what you will need
	isPrepared = "prepared" // new: everything that needs no lock is done
	isFailed   = "failed"   // new: I cannot, and end
	isGo       = "go"       // old: all locks are free
	isServing  = "serving"  // new: visitors are answered
	isEvent    = "event"    // old: store this, I have no spool any more
	isTaken    = "taken"    // new: the answer to it; a text says why not
)

// link is one end of a Unix socket pair that carries words as JSON lines.
type link struct {
	conn net.Conn
	out  *json.Encoder
	in   *json.Decoder
}

func newLink(conn net.Conn) *link {
	return &link{conn, json.NewEncoder(conn), json.NewDecoder(conn)}
}

func (l *link) say(w word) error { return l.out.Encode(w) }

// hear waits for a word of this kind until ctx ends.
func (l *link) hear(ctx context.Context, is string) (word, error) {
	stop := context.AfterFunc(ctx, func() { _ = l.conn.SetReadDeadline(time.Unix(1, 0)) })
	defer func() {
		if !stop() {
			_ = l.conn.SetReadDeadline(time.Time{})
		}
	}()
	var w word
	if err := l.in.Decode(&w); err != nil {
		return w, errors.Join(err, ctx.Err())
	}
	if w.Is == isFailed {
		return w, &sekisho.Error{Kind: w.Kind, Msg: w.Text}
	}
	if w.Is != is {
		return w, fmt.Errorf("heard %q on the link, want %q", w.Is, is)
	}
	return w, nil
}

// Predecessor is the process that serves until we do, as its successor sees it.
type Predecessor struct{ link *link }

// Brief waits for what there is to prepare.
func (p *Predecessor) Brief(ctx context.Context) (Brief, error) {
	w, err := p.link.hear(ctx, isBrief)
	if err == nil && w.Brief == nil {
		err = errors.New("the running process told nothing")
	}
	if err != nil {
		return Brief{}, fmt.Errorf("prepare to take over: %w", err)
	}
	return *w.Brief, nil
}

// Prepared says so, and waits until the predecessor has let go of everything that only one process may hold.
func (p *Predecessor) Prepared(ctx context.Context) error {
	err := p.link.say(word{Is: isPrepared})
	if err == nil {
		_, err = p.link.hear(ctx, isGo)
	}
	if err != nil {
		return fmt.Errorf("wait for the running process to hand over: %w", err)
	}
	return nil
}

// Fail tells the predecessor that it has to go on.
func (p *Predecessor) Fail(err error) {
	_ = p.link.say(word{Is: isFailed, Text: err.Error(), Kind: sekisho.KindOf(err)}) // our end tells it as well
	_ = p.link.conn.Close()
}

// Serving tells the predecessor that it may end, then stores the events of its last requests until it has.
func (p *Predecessor) Serving(ctx context.Context, store func(sekisho.Event) error) error {
	defer func() { _ = p.link.conn.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = p.link.conn.Close() })
	defer stop()
	if err := p.link.say(word{Is: isServing}); err != nil {
		return nil // it is gone already
	}
	for {
		w, err := p.link.hear(context.WithoutCancel(ctx), isEvent)
		if err != nil || w.Event == nil {
			return nil // it has ended
		}
		answer := word{Is: isTaken}
		if err := store(*w.Event); err != nil {
			answer.Text = err.Error()
		}
		if err := p.link.say(answer); err != nil {
			return nil
		}
	}
}

// Successor is the process that takes our place.
type Successor struct {
	PID int

	sockets []offered
	end     <-chan error // the process has ended

	mu   sync.Mutex // one event at a time on the link
	link *link
}

// Go tells the successor that every lock is free and waits until it serves.
func (s *Successor) Go(ctx context.Context) error {
	err := s.link.say(word{Is: isGo})
	if err == nil {
		_, err = s.link.hear(ctx, isServing)
	}
	if err != nil {
		return fmt.Errorf("wait for process %d to serve: %w", s.PID, err)
	}
	return nil
}

// patience is how long a successor may take to store an event. It is a write to its page cache.
const patience = 5 * time.Second

// ErrGone says that the successor can no longer be told.
var ErrGone = errors.New("the process that took over does not answer")

// Append hands an event over that a last request caused; when it returns nil, the successor has stored it.
func (s *Successor) Append(e sekisho.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	err := s.link.say(word{Is: isEvent, Event: &e})
	if err != nil {
		return fmt.Errorf("%w: %w", ErrGone, err)
	}
	answer, err := s.link.hear(ctx, isTaken)
	if err != nil {
		_ = s.link.conn.Close() // a late answer must not be taken for that of the next event
		return fmt.Errorf("%w: %w", ErrGone, err)
	}
	if answer.Text != "" {
		return errors.New(answer.Text)
	}
	return nil
}
