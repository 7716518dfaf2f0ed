// Package bench owns Sekisho's benchmark harness: what a request through the checkpoint costs, measured by a client
// outside the process.
//
// [Load] starts an origin, the proxy with inspection off, the proxy with inspection on and a bare
// httputil.ReverseProxy (and nginx with ModSecurity where it is installed) as processes of their own, each on one core, and drives them in turns with the same requests
// ([NewMix]). What it prints is evidence only together with the machine, the commit, the spread and the bottleneck, so
// the report carries them. It reaches loopback addresses only, and every run is bounded in requests and time.
//
// It knows the program under test by its command line alone and leaves the wiring of subcommands to cmd/sekisho.
// Start with [Load]; docs/benchmarks.md tells the method.
package bench
