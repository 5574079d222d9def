package load

// Nearest returns the name that s was probably meant to be, for "did you mean"; empty when none is near.
func Nearest(s string, names []string) string { return nearest(s, names) }

// Prose writes names as prose: "a, b or c".
func Prose(names []string, and string) string { return list(names, and) }

// Clip shortens a user's text to what a message can hold.
func Clip(s string) string { return clip(s) }

// Join returns the path of the field called name at path, as messages write it.
func Join(path, name string) string { return join(path, name) }
