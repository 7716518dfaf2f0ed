package body

import (
	"mime"
	"strings"
)

// Fault is what is wrong with a body, in one word for logs, events and counters.
type Fault string

// The faults.
const (
	Preamble     Fault = "multipart_preamble" // bytes before the first part (RFC 2046, 5.1.1: readers ignore them)
	Epilogue     Fault = "multipart_epilogue" // bytes behind the last part
	PartLine     Fault = "multipart_line"     // a boundary on a line that is not ended by CR LF
	HalfFile     Fault = "multipart_filename" // filename* without filename (RFC 7578, 4.2): a file for some, a field for others
	DocumentType Fault = "xml_document_type"  // entities, files and addresses of the sender's choice
	MalformedXML Fault = "xml_malformed"      // readers repair it, each in its own way
	DeepXML      Fault = "xml_depth"          // more nesting than any document needs
	Swollen      Fault = "encoded_bomb"       // compressed to a hundredth and less
	none         Fault = ""
)

// Faults lists every fault, for tables and counters.
func Faults() []Fault {
	return []Fault{Preamble, Epilogue, PartLine, HalfFile, DocumentType, MalformedXML, DeepXML, Swollen}
}

// Check returns what is wrong with a body of this Content-Type; empty if nothing is, or if it is of another kind. cut says
// that the body goes on behind b: then only what is there can be wrong.
func Check(contentType string, b []byte, cut bool) Fault {
	if len(contentType) < len("text/xml") || len(b) == 0 {
		return none
	}
	kind, parameters, _ := strings.Cut(contentType, ";")
	kind = strings.ToLower(strings.TrimSpace(kind))
	switch {
	case kind == "multipart/form-data":
		_, values, err := mime.ParseMediaType("multipart/form-data;" + parameters)
		if err != nil || values["boundary"] == "" {
			return none // the rules refuse a form that has none
		}
		return checkForm(values["boundary"], b, cut)
	case kind == "text/xml" || kind == "application/xml" || strings.HasSuffix(kind, "+xml"):
		return checkXML(b, cut)
	}
	return none
}
