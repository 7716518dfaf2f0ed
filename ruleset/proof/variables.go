package proof

// A source is where values come from, after ARGS and its like have been taken apart.
type source uint8

const (
	queryArgs source = iota
	bodyArgs
	queryArgNames
	bodyArgNames
	cookies
	cookieNames
	headers
	headerNames
	partHeaders
	filename
	basename
	requestLine
	requestURI
	rawURI
	method
	protocol
	queryString
	requestBody
	bodyLength
	bodyProcessor
	clientAddress
	serverName
	files
	fileNames

	responseStatus
	responseHeaders
	responseHeaderNames
	responseBody
	responseType
	responseProtocol
	responseLength

	sourceCount
)

// fromResponse reports whether a source is filled by the response.
func (s source) fromResponse() bool { return s >= responseStatus }

// keyed reports whether its values have names by which rules choose.
func (s source) keyed() bool {
	return s <= partHeaders || s == responseHeaders || s == responseHeaderNames
}

// A variable is what is known of a SecLang variable.
type variable struct {
	sources  []source
	constant *string // the value that it has in every exchange that the proof looks at
	// late says that phase 1 sees another value, or not all values, of it.
	late bool
	// parts says that a request in parts has another value.
	parts bool
}

// collections with sources nil and no constant are empty in every exchange that the proof looks at.
var variables = map[string]variable{
	"ARGS":                  {sources: []source{queryArgs, bodyArgs}, late: true},
	"ARGS_GET":              {sources: []source{queryArgs}},
	"ARGS_POST":             {sources: []source{bodyArgs}, late: true},
	"ARGS_NAMES":            {sources: []source{queryArgNames, bodyArgNames}, late: true},
	"ARGS_GET_NAMES":        {sources: []source{queryArgNames}},
	"ARGS_POST_NAMES":       {sources: []source{bodyArgNames}, late: true},
	"REQUEST_COOKIES":       {sources: []source{cookies}},
	"REQUEST_COOKIES_NAMES": {sources: []source{cookieNames}},
	"REQUEST_HEADERS":       {sources: []source{headers}},
	"REQUEST_HEADERS_NAMES": {sources: []source{headerNames}},
	"REQUEST_FILENAME":      {sources: []source{filename}},
	"REQUEST_BASENAME":      {sources: []source{basename}},
	"REQUEST_LINE":          {sources: []source{requestLine}},
	"REQUEST_URI":           {sources: []source{requestURI}},
	"REQUEST_URI_RAW":       {sources: []source{rawURI}},
	"REQUEST_METHOD":        {sources: []source{method}},
	"REQUEST_PROTOCOL":      {sources: []source{protocol}},
	"QUERY_STRING":          {sources: []source{queryString}},
	"REQUEST_BODY":          {sources: []source{requestBody}, late: true},
	"REQUEST_BODY_LENGTH":   {sources: []source{bodyLength}, late: true},
	"REQBODY_PROCESSOR":     {sources: []source{bodyProcessor}, late: true},
	"REMOTE_ADDR":           {sources: []source{clientAddress}},
	"SERVER_NAME":           {sources: []source{serverName}},

	"RESPONSE_STATUS":         {sources: []source{responseStatus}},
	"RESPONSE_PROTOCOL":       {sources: []source{responseProtocol}},
	"RESPONSE_HEADERS":        {sources: []source{responseHeaders}},
	"RESPONSE_HEADERS_NAMES":  {sources: []source{responseHeaderNames}},
	"RESPONSE_CONTENT_TYPE":   {sources: []source{responseType}},
	"RESPONSE_BODY":           {sources: []source{responseBody}, late: true},
	"RESPONSE_CONTENT_LENGTH": {sources: []source{responseLength}, late: true},

	"REQBODY_ERROR":           {constant: text("0")},
	"REQBODY_PROCESSOR_ERROR": {constant: text("0")},
	"URLENCODED_ERROR":        {constant: text("0")},
	"URI_PARSE_ERROR":         {constant: text("0")},
	"ARGUMENTS_LIMIT_REACHED": {constant: text("0")},
	"FILES_COMBINED_SIZE":     {constant: text("0"), parts: true},
	"INBOUND_DATA_ERROR":      {constant: text("")},
	"MULTIPART_STRICT_ERROR":  {constant: text("")},

	"FILES":                  {sources: []source{files}, late: true},
	"FILES_NAMES":            {sources: []source{fileNames}, late: true},
	"MULTIPART_PART_HEADERS": {sources: []source{partHeaders}, late: true},
	"FILES_SIZES":            {parts: true}, "FILES_TMPNAMES": {parts: true}, "FILES_TMP_CONTENT": {parts: true},
	"MULTIPART_FILENAME": {parts: true}, "MULTIPART_NAME": {parts: true},
	"XML": {}, "REQUEST_XML": {}, "ARGS_PATH": {},
}

func text(s string) *string { return &s }
