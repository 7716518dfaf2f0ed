// Package view owns what the portal's pages look like and say: one typed struct and one template a page, the message
// catalogues in Japanese and English, the server-drawn chart, and how times, numbers and hostile text are shown.
//
// It leaves to package dashboard who may see a page and where its facts come from. It does no I/O but rendering.
// Start with [Renderer.Render], then read one page: home.go with templates/home.html.
package view
