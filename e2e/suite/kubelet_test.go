package suite

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// kubelet stands in for those of all nodes, where people read logs: the API server asks it. Of several pods of a workload the first is
// still starting, and of each pod only the first container has ever ended: what one that works is asked of others is an error.
type kubelet struct {
	server *httptest.Server
	mu     sync.Mutex
	asked  map[string]bool // what was asked about which pod: "portForward/shop/web-1"
}

// kubelets begins to answer, once.
var kubelets = sync.OnceValues(func() (*kubelet, error) {
	k := &kubelet{asked: map[string]bool{}}
	k.server = httptest.NewTLSServer(k)
	address, err := url.Parse(k.server.URL)
	if err != nil {
		return nil, err
	}
	port, err := strconv.Atoi(address.Port())
	if err != nil {
		return nil, err
	}
	ctx := context.Background() // for as long as the suite runs
	list, err := world.client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	patch, err := json.Marshal(map[string]any{"status": corev1.NodeStatus{
		Addresses:       []corev1.NodeAddress{{Type: corev1.NodeInternalIP, Address: address.Hostname()}},
		DaemonEndpoints: corev1.NodeDaemonEndpoints{KubeletEndpoint: corev1.DaemonEndpoint{Port: int32(port)}},
	}})
	if err != nil {
		return nil, err
	}
	for _, node := range list.Items {
		if _, err := world.client.CoreV1().Nodes().Patch(ctx, node.Name, types.StrategicMergePatchType, patch, metav1.PatchOptions{}, "status"); err != nil {
			return nil, err
		}
	}
	return k, nil
})

// ServeHTTP answers with a line of a container's log, or with what a kubelet says that has none. Of a way to a port it notes the wish.
func (k *kubelet) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	part := strings.Split(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if len(part) < 3 {
		http.NotFound(w, r)
		return
	}
	k.mu.Lock()
	k.asked[strings.Join(part[:3], "/")] = true
	k.mu.Unlock()
	if part[0] != "containerLogs" || len(part) != 4 {
		http.Error(w, "only logs are read here", http.StatusNotImplemented)
		return
	}
	namespace, name, container := part[1], part[2], part[3]
	pod, err := world.client.CoreV1().Pods(namespace).Get(r.Context(), name, metav1.GetOptions{})
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	starting, err := begins(r.Context(), pod)
	switch {
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
	case r.URL.Query().Get("previous") == "true" && container != pod.Spec.Containers[0].Name:
		http.Error(w, fmt.Sprintf("previous terminated container %q in pod %q not found", container, name), http.StatusBadRequest)
	case r.URL.Query().Get("previous") != "true" && starting:
		http.Error(w, fmt.Sprintf("container %q in pod %q is waiting to start: ContainerCreating", container, name), http.StatusBadRequest)
	default:
		fmt.Fprintln(w, container, hasSaid)
	}
}

// hasSaid is in the log of each container.
const hasSaid = "has said this"

// begins reports whether a pod is the first of several of its workload.
func begins(ctx context.Context, pod *corev1.Pod) (bool, error) {
	list, err := world.client.CoreV1().Pods(pod.Namespace).List(ctx, metav1.ListOptions{})
	if err != nil || len(pod.OwnerReferences) == 0 {
		return false, err
	}
	first, all := pod.Name, 0
	for _, p := range list.Items {
		if len(p.OwnerReferences) > 0 && p.OwnerReferences[0].UID == pod.OwnerReferences[0].UID {
			first, all = min(first, p.Name), all+1
		}
	}
	return all > 1 && first == pod.Name, nil
}

// wasAsked reports whether somebody wanted this of a pod.
func (k *kubelet) wasAsked(what string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.asked[what]
}
