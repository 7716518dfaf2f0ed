// Package dashboard is the portal: an owner sees one firm's sites and incidents, an operator sees every firm's.
//
// It owns routes, sign-in, tenant scope and what each page says; dashboard/view owns how pages look, dashboard/assets the
// files beside them. Facts come from the records through small interfaces (records.go); it changes nothing but sessions
// and, by way of [Modes], a site's mode. Attackers write half of what it shows, so every page is escaped, carries a
// policy without inline script or style, and is rendered whole before a byte goes out.
//
// Start with routes.go: every address, who may use it, and what answers.
package dashboard
