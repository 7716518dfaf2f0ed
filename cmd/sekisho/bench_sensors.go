package main

import (
	"fmt"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/bench"
	sensorbridge "github.com/sekisho-waf/sekisho/sensor-bridge"
	"github.com/sekisho-waf/sekisho/sensor-bridge/frame"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
)

func newBenchSensors() *cobra.Command {
	cfg := bench.DefaultSensors()
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "sensors",
		Short: "Lines of firewalls a second, decoded and from the socket to stored, and what a kill -9 in the middle loses",
		Long: "Decodes lines of two firewalls on one processor, then sends them to a `serve` of its own over TCP, TLS and HTTPS: once\n" +
			"undisturbed as any device sends, and once with kill -9 of the process in the middle, as a forwarder (TCP, TLS) or with\n" +
			"pushes that are repeated until they are answered (HTTPS). Every line that was sent is looked for in the records.",
		Args: exactArgs(),
	}
	flags := cmd.Flags()
	flags.BoolVar(&asJSON, "json", false, "print one JSON object")
	flags.IntVar(&cfg.Lines, "lines", cfg.Lines, "lines of each run")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if cfg.Lines < 1000 {
			return sekisho.Invalid(fmt.Sprintf("--lines %d: use at least 1000", cfg.Lines))
		}
		runtime.GOMAXPROCS(1) // decoding is measured on one core; the servers are processes of their own
		received := time.Now()
		cfg.Decode = func(raw []byte) string {
			r := line.Read(raw, line.Origin{Received: received, Zone: time.UTC})
			e := sensorbridge.Decode(&r)
			return e.Vendor
		}
		cfg.Frame = func(number int, text []byte) []byte {
			return frame.AppendForwarded(nil, frame.Forwarded{Stream: "BENCH", Number: uint64(number), Received: received, From: "127.0.0.1", Message: text})
		}
		cfg.Command = commandLine(cmd)
		report, err := bench.Sensors(cmd.Context(), cfg)
		if err != nil {
			return err
		}
		return printReport(cmd, report, asJSON)
	}
	return cmd
}
