package transform

// EntityNames lists the names of all entities, those without a semicolon too.
func EntityNames() []string {
	names := []string{}
	for name := range entities() {
		names = append(names, name)
	}
	return names
}
