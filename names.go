package sekisho

import (
	"fmt"
	"strings"
)

// names are the stored words of a small enumeration, in the order of its values.
type names[T ~uint8] []string

func (n names[T]) text(v T) string {
	if int(v) < len(n) {
		return n[v]
	}
	return fmt.Sprintf("unknown(%d)", uint8(v))
}

func (n names[T]) parse(v *T, what string, text []byte) error {
	for i, name := range n {
		if name == string(text) {
			*v = T(i)
			return nil
		}
	}
	return Invalid(fmt.Sprintf("%s %q: use %s", what, text, strings.Join(n, ", ")))
}
