package state

import "context"

// Publish implements [State].
func (l *Local) Publish(_ context.Context, topic, payload string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for box := range l.subscribers[topic] {
		box.put(payload)
	}
	return nil
}

// Subscribe implements [State].
func (l *Local) Subscribe(ctx context.Context, topic string) (<-chan string, error) {
	box := newMailbox(&l.dropped)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, errClosed
	}
	if l.subscribers[topic] == nil {
		l.subscribers[topic] = map[*mailbox]bool{}
	}
	l.subscribers[topic][&box] = true
	l.running.Go(func() {
		select {
		case <-ctx.Done():
		case <-l.stop:
		}
		l.mu.Lock() // so that nobody puts into a closed channel
		defer l.mu.Unlock()
		delete(l.subscribers[topic], &box)
		if len(l.subscribers[topic]) == 0 {
			delete(l.subscribers, topic)
		}
		close(box.messages)
	})
	return box.messages, nil
}

// Dropped counts the messages that subscribers were too slow for.
func (l *Local) Dropped() uint64 { return l.dropped.Load() }

// Close implements [State].
func (l *Local) Close() error {
	l.mu.Lock()
	if !l.closed {
		l.closed = true
		close(l.stop)
	}
	l.mu.Unlock()
	l.running.Wait()
	return nil
}
