package transform

// EntityNames lists the names of all entities, those without a semicolon too.
func EntityNames() []string {
	names := []string{}
	for name := range entities() {
		names = append(names, name)
	}
	return names
}

// ActiveOn names the transformations that may act on a text.
func ActiveOn(text string) (names []string) {
	active := activeOn(text)
	for _, t := range all {
		if active&t.bit != 0 {
			names = append(names, t.Name)
		}
	}
	return names
}
