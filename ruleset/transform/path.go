package transform

import "bytes"

// normalizePath takes /./, //, and name/../ out of a path. A path that ends in / gets one more behind it, the root too.
func normalizePath(dst []byte, src string, _ int) ([]byte, bool) {
	begin := len(dst)
	dst = appendClean(dst, bytesView(src))
	return dst, string(dst[begin:]) != src
}

func appendClean(dst, src []byte) []byte {
	if len(src) == 0 {
		return dst
	}
	begin := len(dst)
	rooted := src[0] == '/'
	if rooted {
		dst = append(dst, '/')
	}
	floor := len(dst) // .. does not go back beyond it
	for rest, more := src, true; more; {
		var part []byte
		part, rest, more = bytes.Cut(rest, []byte{'/'})
		switch {
		case len(part) == 0 || len(part) == 1 && part[0] == '.':
			continue
		case len(part) == 2 && part[0] == '.' && part[1] == '.':
			if len(dst) > floor {
				cut := bytes.LastIndexByte(dst[floor:], '/')
				dst = dst[:floor+max(cut, 0)]
				continue
			}
			if rooted {
				continue
			}
		}
		if len(dst) > begin && !(rooted && len(dst) == begin+1) {
			dst = append(dst, '/')
		}
		dst = append(dst, part...)
		if len(part) == 2 && part[0] == '.' && part[1] == '.' {
			floor = len(dst)
		}
	}
	if len(dst) == begin {
		return dst // Coraza makes the empty value of what is "."
	}
	if src[len(src)-1] == '/' {
		dst = append(dst, '/')
	}
	return dst
}

// normalizePathWin also knows the backslash, and what Windows forgives: a stream behind the last name (name::$DATA),
// and dots and blanks at the end of each name.
func normalizePathWin(dst []byte, src string, _ int) ([]byte, bool) {
	begin := len(dst)
	dst = append(dst, src...)
	for i := begin; i < len(dst); i++ {
		if dst[i] == '\\' {
			dst[i] = '/'
		}
	}
	middle := len(dst)
	dst = appendClean(dst, dst[begin:middle:middle])
	clean := dst[begin : begin+copy(dst[begin:], dst[middle:])]
	clean = stripNames(stripStream(clean))
	dst = dst[:begin+len(clean)]
	return dst, string(clean) != src
}

// stripStream cuts the last name of a path at its first colon, in place. A drive letter stays.
func stripStream(path []byte) []byte {
	first := 0
	if len(path) >= 2 && path[1] == ':' && isAlphanumeric(path[0]) && path[0] > '9' {
		first = 2
	}
	end := len(path)
	slash := end > first && path[end-1] == '/'
	if slash {
		end--
	}
	name := first + bytes.LastIndexByte(path[first:end], '/') + 1
	colon := bytes.IndexByte(path[name:end], ':')
	if colon < 0 {
		return path
	}
	path = path[:name+colon]
	if slash {
		path = append(path, '/')
	}
	return path
}

// stripNames cuts dots and blanks off the end of each name, in place, and drops names that are nothing else. Names of
// dots alone stay, and so do empty ones.
func stripNames(path []byte) []byte {
	out := path[:0]
	written := false
	for rest, more := path, true; more; {
		var name []byte
		name, rest, more = bytes.Cut(rest, []byte{'/'})
		if len(bytes.TrimRight(name, ".")) > 0 {
			if name = bytes.TrimRight(name, ". "); len(name) == 0 {
				continue
			}
		}
		if written {
			out = append(out, '/')
		}
		out = append(out, name...)
		written = true
	}
	return out
}
