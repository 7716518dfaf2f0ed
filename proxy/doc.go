// Package proxy is the data plane: it takes a visitor's request, finds the site it is for, has it inspected, forwards it
// to the site's origin, has the answer inspected, and records what it decided and why.
//
// It owns listeners, TLS settings, limits and timeouts, the site snapshot, forwarding, block pages, the access log and
// traffic counts. It leaves rules to an [Engine], durability to a [Recorder], certificates to [Certificates].
//
// Start in chain.go: the steps of a request stand there in the order in which a request meets them, one file each.
// snapshot.go shows how a change of sites or modes reaches the steps.
package proxy
