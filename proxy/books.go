package proxy

import (
	"context"
	"log/slog"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/obs"
)

// Health says what the data plane could not do as promised. All counts are since the start.
type Health struct {
	Unrecorded    int64 // events that the recorder did not take
	RecorderFails bool  // and it did not take the last one
	TrafficBehind bool  // counts wait for the sink
	LogDropped    int64 // access log lines that nobody took away in time
}

// Health may be called at any time.
func (s *Server) Health() Health {
	return Health{
		Unrecorded: s.unrecorded.Load(), RecorderFails: s.recordingFails.Load(),
		TrafficBehind: s.traffic.behind.Load(), LogDropped: s.accessLog.dropped.Load(),
	}
}

// account writes an ended exchange down.
func (s *Server) account(x *exchange) {
	now := time.Now()
	if x.site != nil {
		x.site.traffic.add(now, x.decision.Action)
		x.site.load.judged(x)
	}
	if x.decision.Action == sekisho.ActionRefused {
		word := x.fault
		if word == "" {
			word = string(x.decision.Reason)
		}
		s.refusals.count(word)
	}
	s.accessLog.add(x, now.Sub(x.began))
}

const (
	logInterval     = 200 * time.Millisecond
	trafficInterval = time.Second
	sinkPatience    = 5 * time.Second
)

// keepBooks writes access log and traffic away until stop is closed, and once more then.
func (s *Server) keepBooks(stop <-chan struct{}) {
	logTick, trafficTick := time.NewTicker(logInterval), time.NewTicker(trafficInterval)
	defer logTick.Stop()
	defer trafficTick.Stop()
	for {
		select {
		case <-logTick.C:
			s.flushLog()
		case <-trafficTick.C:
			s.flushTraffic()
		case <-stop:
			s.flushLog()
			s.flushTraffic()
			return
		}
	}
}

func (s *Server) flushLog() {
	if err := s.accessLog.flush(); err != nil {
		s.log.LogAttrs(context.Background(), slog.LevelError, "access log cannot be written", obs.Err(err))
	}
}

func (s *Server) flushTraffic() {
	ctx, cancel := context.WithTimeout(context.Background(), sinkPatience)
	defer cancel()
	if err := s.traffic.flush(ctx, time.Now()); err != nil {
		s.log.LogAttrs(ctx, slog.LevelWarn, "traffic counts wait for the record store", obs.Err(err))
	}
}
