// Package sensorbridge takes what a small firm already has, a firewall that nobody reads, an EDR on a few PCs, the access
// log of a rented server, and turns each record into one [sekisho.Event] with one word for the outcome. It loses none.
//
// It owns the way of a record: package line reads its transport header and repairs the damage of the way; [Decode] asks the
// decoders of formats.go in order and puts the finishing touches to the event. A decoder is a pure function in a package of
// its own; packages field and verb hold what decoders share. Storing, scoring and grouping are left to others.
//
// # What a decoder does
//
// func Decode(r *line.Record, e *sekisho.Event) bool looks at r, and if the record is not its own, which it must see in a
// fraction of a microsecond, returns false and leaves e alone. Otherwise it fills e and returns true. It sets
//
//   - Source, Vendor, Product and, where a package reads several, Format;
//   - Class, what the event would mean if it worked, and Family, a short lower-case word that groups equal things of one
//     sensor: the attack's kind where it is known (sqli, scan, antivirus), else the part that speaks (firewall, webfilter,
//     admin_login, vpn_login, config, sensor_fault);
//   - Outcome: at a gateway what was blocked, stripped or quarantined is prevented; on a PC what was quarantined or cleaned
//     is contained. A sensor's fault, a change of its configuration and a login that worked have succeeded. Ordinary traffic
//     that was let through is noise with outcome unknown: nobody looked for anything;
//   - Verb, the sensor's own word; Severity, its own word; Signature, the name of what was found, its number in
//     RuleIDs, Code for the kind of message; and whatever it names of addresses, ports, user,
//     host, process, file, hash, URL and category. Host is the PC or server that the event is about, Device the sensor;
//   - Time and Trust when the body holds a better time than the header.
//
// [Decode] does the rest: the time of the header, direction from the addresses, Action, Count, Raw, redaction, lengths.
//
// # Action
//
// Events of sensors use the words of the proxy: blocked when something was prevented, refused or contained, passed when
// nothing was found and it was let through, detected for anything found and not blocked; empty for an unread record. The
// sensor's own word stands in Verb.
package sensorbridge
