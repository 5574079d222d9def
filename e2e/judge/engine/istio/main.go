// Command istio asks what `istioctl analyze` asks of the objects of a set, with all of its analyzers: the validation of each object
// of Istio's, and what they promise about one another and about Services and pods. It reads the objects of one set after the
// other as JSON, and prints what it has against each.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"strings"

	networking "istio.io/api/networking/v1alpha3"
	"istio.io/istio/pkg/config/analysis/analyzers"
	"istio.io/istio/pkg/config/analysis/local"
	"istio.io/istio/pkg/config/resource"
	istiolog "istio.io/istio/pkg/log"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// A finding is one message of an analyzer; its rule is the code under which Istio documents it.
type finding struct{ Rule, Object, Detail string }

func main() {
	for _, scope := range istiolog.Scopes() {
		scope.SetOutputLevel(istiolog.NoneLevel)
	}
	sets, answers := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		var objects []*unstructured.Unstructured
		var findings []finding
		err := sets.Decode(&objects)
		if errors.Is(err, io.EOF) {
			return
		}
		if err == nil {
			findings, err = analyze(objects)
		}
		if err == nil {
			err = answers.Encode(map[string]any{"Findings": findings})
		}
		if err != nil {
			log.Fatal(err)
		}
	}
}

func analyze(objects []*unstructured.Unstructured) ([]finding, error) {
	given := map[string]bool{}
	for _, o := range objects {
		given[fmt.Sprintf("%s %s/%s", o.GetKind(), o.GetNamespace(), o.GetName())] = true
	}
	var files strings.Builder
	for _, o := range surround(objects) {
		text, err := json.Marshal(o)
		if err != nil {
			return nil, err
		}
		files.WriteString("---\n" + string(text) + "\n")
	}
	// The form of the source that tests of analyzers use also reads what usually comes from a cluster: Services, pods, namespaces.
	analyzer := local.NewSourceAnalyzer(analyzers.AllCombined(), "", "istio-system", nil)
	source := []local.ReaderSource{{Name: "set", Reader: io.NopCloser(strings.NewReader(files.String()))}}
	if err := analyzer.AddTestReaderKubeSource(source); err != nil {
		return []finding{{"decode", "the set", err.Error()}}, nil
	}
	cancel := make(chan struct{})
	defer close(cancel)
	result, err := analyzer.Analyze(cancel)
	if err != nil {
		return nil, err
	}
	var findings []finding
	for _, m := range result.Messages {
		if m.Resource == nil || m.Type.Code() == namespaceNotInjected || m.Type.Code() == portMissing && meshOnly(m.Resource) {
			continue
		}
		kind, _, _ := strings.Cut(m.Resource.Origin.FriendlyName(), " ")
		object := kind + " " + m.Resource.Metadata.FullName.String()
		if !given[object] {
			continue
		}
		findings = append(findings, finding{m.Type.Code(), object, m.Type.Level().String() + ": " + fmt.Sprintf(m.Type.Template(), m.Parameters...)})
	}
	return findings, nil
}

// Messages that are no finding.
const (
	namespaceNotInjected = "IST0102" // injection is the platform's business
	portMissing          = "IST0112" // in a mesh a route without a port keeps the port of the request; Flagger counts on that
)

// meshOnly reports whether a VirtualService serves no gateway, whose port would not be the app's.
func meshOnly(r *resource.Instance) bool {
	service, ok := r.Message.(*networking.VirtualService)
	return ok && (len(service.Gateways) == 0 || len(service.Gateways) == 1 && service.Gateways[0] == "mesh")
}
