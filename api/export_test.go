package api

// DisplayName is for tests alone.
func DisplayName(name string) string { return displayName(name) }
