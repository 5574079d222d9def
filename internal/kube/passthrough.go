package kube

// Passthrough is an object that somebody else made: a document as it was read, which is written as it is.
type Passthrough map[string]any

// GetName returns metadata.name, or nothing.
func (p Passthrough) GetName() string { return p.metadata("name") }

// GetNamespace returns metadata.namespace, or nothing.
func (p Passthrough) GetNamespace() string { return p.metadata("namespace") }

func (p Passthrough) metadata(key string) string {
	meta, _ := p["metadata"].(map[string]any)
	value, _ := meta[key].(string)
	return value
}
