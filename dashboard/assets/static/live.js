// Keeps an open page true. The server only ever says "changed"; this script then asks for the same page again and swaps
// the parts marked data-live. The page works without it.
//
// XMLHttpRequest rather than fetch and innerHTML: with responseType "document" the browser parses our own escaped HTML
// into an inert document (no script runs, no image loads), so no string ever meets an HTML sink and the page can demand
// Trusted Types with no policy at all.
"use strict";
(function () {
  const lost = document.getElementById("live-lost");
  let busy = false, again = false;

  function swap(fresh) {
    for (const part of document.querySelectorAll("[data-live]")) {
      const next = fresh.getElementById(part.id);
      if (!next || next.isEqualNode(part)) continue;
      if (part.id !== "updated" && part.contains(document.activeElement)) continue; // never take the focus away
      const open = [...part.querySelectorAll("details")].map((d) => d.open);
      const copy = document.importNode(next, true);
      copy.querySelectorAll("details").forEach((d, i) => { d.open = !!open[i]; });
      if (part.getAttribute("aria-live")) { // keep the region itself, or screen readers stay silent
        part.className = copy.className;
        part.replaceChildren(...copy.childNodes);
      } else {
        part.replaceWith(copy);
      }
    }
  }

  function refresh() {
    if (busy) { again = true; return; }
    busy = true;
    const request = new XMLHttpRequest();
    request.open("GET", location.href);
    request.responseType = "document";
    request.timeout = 10000;
    request.setRequestHeader("Sekisho-Live", "1"); // a page that refreshes itself is not a person at work
    request.onload = function () {
      const ok = request.status === 200 && request.response && request.response.getElementById("updated");
      lost.hidden = !!ok;
      if (ok) swap(request.response);
    };
    request.onerror = request.ontimeout = function () { lost.hidden = false; };
    request.onloadend = function () {
      busy = false;
      if (again) { again = false; refresh(); }
    };
    request.send();
  }

  const source = new EventSource("/live");
  let opened = false;
  source.addEventListener("open", function () {
    if (opened) refresh(); // we may have missed something while away
    opened = true;
    lost.hidden = true;
  });
  source.addEventListener("changed", refresh);
  source.addEventListener("error", function () { lost.hidden = false; });
  addEventListener("pagehide", function () { source.close(); });
  addEventListener("pageshow", function (event) { if (event.persisted) location.reload(); });
})();
