package line

import (
	"strings"

	"github.com/tidwall/gjson"
)

// Object reads the body as a JSON object. Its members are found once, so that many lookups cost little; members of cut
// objects are there as far as they came. Without JSON it is empty.
func (r *Record) Object() *Object {
	if r.object == nil {
		r.object = &Object{}
		if r.JSON() {
			gjson.Parse(r.Body).ForEach(func(key, value gjson.Result) bool {
				r.object.names = append(r.object.names, key.Str)
				r.object.values = append(r.object.values, value)
				return len(r.object.names) < maxMembers
			})
		}
	}
	return r.object
}

const maxMembers = 1000

// Object is a JSON object, for looking into.
type Object struct {
	names  []string
	values []gjson.Result
}

// Has reports whether the object has a member, whatever its value.
func (o *Object) Has(name string) bool {
	for _, n := range o.names {
		if n == name {
			return true
		}
	}
	return false
}

// Each calls f for every member, in their order.
func (o *Object) Each(f func(name string, value gjson.Result)) {
	for i := range o.names {
		f(o.names[i], o.values[i])
	}
}

// Get returns the value at a path: "a", "a.b", "a.0.b". A member whose own name holds the points comes first, as in ECS.
// What is not there has the zero Result: its String is "", its Int 0.
func (o *Object) Get(path string) gjson.Result {
	for i, n := range o.names {
		if n == path {
			return o.values[i]
		}
	}
	first, rest, found := strings.Cut(path, ".")
	if !found {
		return gjson.Result{}
	}
	for i, n := range o.names {
		if n == first {
			return o.values[i].Get(rest)
		}
	}
	return gjson.Result{}
}

// String returns the first value among several paths that is there and not empty, as text; null counts as empty.
func (o *Object) String(paths ...string) string {
	for _, path := range paths {
		if v := o.Get(path); v.Exists() && v.Type != gjson.Null {
			if s := v.String(); s != "" {
				return s
			}
		}
	}
	return ""
}
