package ruleset

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/corazawaf/coraza/v3/experimental/plugins"
	"github.com/corazawaf/coraza/v3/experimental/plugins/plugintypes"
)

// Coraza's own reader of XML takes it for HTML and closes param, link, col and others by itself, so that every call of
// XML-RPC with a parameter, and every feed with a link, is malformed to it. This one reads XML first, and as Coraza does
// where that fails.

func init() {
	plugins.RegisterBodyProcessor("xml", func() plugintypes.BodyProcessor { return xmlReader{} })
}

type xmlReader struct{}

// ProcessRequest reads the attributes of a document into XML://@* and its text into XML:/*.
func (xmlReader) ProcessRequest(r io.Reader, vars plugintypes.TransactionVariables, _ plugintypes.BodyProcessorOptions) error {
	content, err := io.ReadAll(r)
	if err != nil {
		return fmt.Errorf("read the document: %w", err)
	}
	attributes, texts, err := readXML(content, nil)
	if err != nil {
		if attributes, texts, err = readXML(content, xml.HTMLAutoClose); err != nil {
			return err
		}
	}
	vars.RequestXML().Set("//@*", attributes)
	vars.RequestXML().Set("/*", texts)
	return nil
}

// ProcessResponse does nothing: responses are read as text.
func (xmlReader) ProcessResponse(io.Reader, plugintypes.TransactionVariables, plugintypes.BodyProcessorOptions) error {
	return nil
}

// readXML returns the attributes and texts of a document in order. One that ends early is read to its end.
func readXML(content []byte, autoClose []string) (attributes, texts []string, err error) {
	decoder := xml.NewDecoder(bytes.NewReader(content))
	decoder.Strict, decoder.AutoClose, decoder.Entity = false, autoClose, xml.HTMLEntity
	for {
		token, err := decoder.Token()
		var syntax *xml.SyntaxError
		if err != nil && err != io.EOF && !(errors.As(err, &syntax) && syntax.Msg == "unexpected EOF") {
			return nil, nil, fmt.Errorf("read the document: %w", err)
		}
		switch t := token.(type) {
		case nil:
			return attributes, texts, nil
		case xml.StartElement:
			for _, attribute := range t.Attr {
				attributes = append(attributes, attribute.Value)
			}
		case xml.CharData:
			if text := strings.TrimSpace(string(t)); text != "" {
				texts = append(texts, text)
			}
		}
	}
}
