package main

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sekisho-waf/sekisho"
	sensorbridge "github.com/sekisho-waf/sekisho/sensor-bridge"
	"github.com/sekisho-waf/sekisho/sensor-bridge/frame"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
)

func newSensors() *cobra.Command {
	return group("sensors", "See what is read of the logs of firewalls, EDR and web servers", newSensorsParse(), newSensorsFormats())
}

func newSensorsParse() *cobra.Command {
	var asJSON bool
	var format, zone string
	cmd := &cobra.Command{
		Use:   "parse FILE",
		Short: "Print one event per record of a log file; - reads standard input",
		Long: "Print what is read of each record of a log file, of any format that is known, in the order of the file. Nothing is\n" +
			"stored. The file may be compressed with gzip. A record that nothing can read has the format \"unknown\".\n" +
			"With --json each line is one object, the same as `sekisho events --json` prints.",
		Args: exactArgs("FILE"),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().StringVar(&format, "format", "", "read as this format only (default: find out for each record); sekisho sensors formats lists them")
	cmd.Flags().StringVar(&zone, "zone", "Asia/Tokyo", "time zone of times that name none")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		location, err := time.LoadLocation(zone)
		if err != nil {
			return sekisho.Invalid(fmt.Sprintf("--zone %s: use a name such as Asia/Tokyo or UTC", zone))
		}
		var stream sensorbridge.Stream
		if format != "" {
			if stream.Decode, err = sensorbridge.Find(format); err != nil {
				return err
			}
		}
		in, received := cmd.InOrStdin(), time.Now()
		if args[0] != "-" {
			file, err := os.Open(args[0])
			if err != nil {
				return &sekisho.Error{Kind: sekisho.KindInvalid, Err: err, Msg: fmt.Sprintf("%s: cannot be read", args[0])}
			}
			defer file.Close()
			if info, err := file.Stat(); err == nil {
				received = info.ModTime() // the year of times that name none
			}
			in = file
		}
		var show printer = newRowPrinter(cmd.OutOrStdout())
		if asJSON {
			show = newEventPrinter(cmd, true)
		}
		return printRecords(in, &stream, line.Origin{Received: received, Zone: location}, show)
	}
	return cmd
}

// printer prints events one after the other.
type printer interface {
	print(sekisho.Event) error
	flush() error
}

func printRecords(in io.Reader, stream *sensorbridge.Stream, origin line.Origin, show printer) error {
	document, err := frame.NewDocument(in)
	if err != nil {
		return fmt.Errorf("reading the file: %w", err)
	}
	for {
		record, err := document.Next()
		if errors.Is(err, io.EOF) {
			return show.flush()
		}
		if err != nil {
			return errors.Join(fmt.Errorf("reading the file: %w", err), show.flush())
		}
		e := stream.Event(record, document.Columns(), origin)
		e.ID = sekisho.NewEventID(e.Time)
		if err := show.print(e); err != nil {
			return err
		}
	}
}

// rowPrinter prints what a sensor says in columns of fixed width, as it comes: a log file has millions of lines.
type rowPrinter struct{ w *bufio.Writer }

const rowFormat = "%-19s  %-22s  %-20s  %-10s  %-15s  %-15s  %s\n"

func newRowPrinter(w io.Writer) *rowPrinter {
	p := &rowPrinter{bufio.NewWriter(w)}
	_, _ = fmt.Fprintf(p.w, rowFormat, "TIME", "FORMAT", "CLASS", "OUTCOME", "FROM", "TO", "WHAT") // an error stays until flush
	return p
}

func (p *rowPrinter) print(e sekisho.Event) error {
	what := cmp.Or(e.Signature, e.URL, e.Family)
	if e.Format == sensorbridge.FormatUnknown {
		what = e.Raw
	}
	_, err := fmt.Fprintf(p.w, rowFormat, localTime(e.Time), printable(e.Format), e.Class, e.Outcome,
		printable(endpoint(e, true)), printable(endpoint(e, false)), printable(shorten(what, 80)))
	return err
}

func (p *rowPrinter) flush() error { return p.w.Flush() }

func endpoint(e sekisho.Event, source bool) string {
	ip, name := e.DstIP, ""
	if source {
		ip, name = e.SrcIP, cmp.Or(e.Host, e.User)
	}
	if ip.IsValid() {
		return ip.String()
	}
	return name
}

func shorten(s string, runes int) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > runes {
		return string(r[:runes-1]) + "…"
	}
	return s
}

func newSensorsFormats() *cobra.Command {
	cmd := &cobra.Command{Use: "formats", Short: "List the formats that can be read", Args: exactArgs()}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		for _, name := range sensorbridge.Formats() {
			if _, err := fmt.Fprintln(cmd.OutOrStdout(), name); err != nil {
				return err
			}
		}
		return nil
	}
	return cmd
}
