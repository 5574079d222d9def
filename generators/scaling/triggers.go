package scaling

import (
	"fmt"
	"net"
	"strconv"

	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/kube"
)

// triggers are the measures of load; the one that wants most pods counts.
func triggers(a app.App) []kube.ScaleTrigger {
	s := a.Scaling
	var out []kube.ScaleTrigger
	if s.Queue != nil {
		out = append(out, queueLength(a, s.Queue))
	}
	if s.RPS > 0 && a.Metrics != nil && a.Env.Scrape != nil {
		out = append(out, requestRate(a))
	}
	if s.CPUPercent > 0 {
		out = append(out, kube.ScaleTrigger{
			Type:       "cpu",
			MetricType: autoscalingv2.UtilizationMetricType,
			Metadata:   map[string]string{"value": strconv.Itoa(int(s.CPUPercent)), "containerName": kube.MainContainer(a)},
		})
	}
	return out
}

func queueLength(a app.App, q *app.Queue) kube.ScaleTrigger {
	t := rabbitMQ(q)
	if q.Need.Kind == app.NeedKafka {
		t = kafka(q)
	}
	if q.Secret != "" {
		t.AuthenticationRef = &kube.ScaleAuthenticationRef{Name: authenticationName(a), Kind: "TriggerAuthentication"}
	}
	return t
}

// kafka is the lag of a consumer group. KEDA never starts more pods than the topic has partitions: the others would idle.
func kafka(q *app.Queue) kube.ScaleTrigger {
	metadata := map[string]string{
		"bootstrapServers":  address(q.Need),
		"consumerGroup":     q.Group,
		"topic":             q.Topic,
		"lagThreshold":      strconv.FormatInt(q.Lag, 10),
		"offsetResetPolicy": "latest",
	}
	if q.Secret != "" {
		metadata["sasl"] = "scram_sha512"
	}
	if q.Need.Port != kafkaPlainPort {
		metadata["tls"] = "enable"
	}
	return kube.ScaleTrigger{Type: "kafka", MetricType: autoscalingv2.AverageValueMetricType, Metadata: metadata}
}

// rabbitMQ is the length of a queue.
func rabbitMQ(q *app.Queue) kube.ScaleTrigger {
	scheme := "amqp"
	if q.Need.Port == amqpsPort {
		scheme = "amqps"
	}
	return kube.ScaleTrigger{
		Type:       "rabbitmq",
		MetricType: autoscalingv2.AverageValueMetricType,
		Metadata: map[string]string{
			"host":      scheme + "://" + address(q.Need) + "/",
			"protocol":  "amqp",
			"queueName": q.Topic,
			"mode":      "QueueLength",
			"value":     strconv.FormatInt(q.Lag, 10),
		},
	}
}

// Ports that say whether a broker wants TLS.
const (
	kafkaPlainPort = 9092 // Kafka's own default, without TLS
	amqpsPort      = 5671 // AMQP over TLS, as registered with IANA
)

func address(n app.Need) string { return net.JoinHostPort(n.Host, strconv.Itoa(int(n.Port))) }

// requestRate is the requests per second to the pods of this version, over four readings: enough for a rate when one of them fails. The
// pods are known by their names: versions share a Service, or change places behind it, and a query of all would make each scale for both.
func requestRate(a app.App) kube.ScaleTrigger {
	pods := kube.WorkloadName(a) + "-[a-z0-9]+-[a-z0-9]+" // of a ReplicaSet and a pod
	if a.Kind == app.Stateful {
		pods = kube.WorkloadName(a) + "-[0-9]+"
	}
	return kube.ScaleTrigger{
		Type:       "prometheus",
		MetricType: autoscalingv2.AverageValueMetricType,
		Metadata: map[string]string{
			"serverAddress":    a.Env.Scrape.URL,
			"query":            fmt.Sprintf(`sum(rate(http_requests_total{namespace=%q,pod=~%q}[%ds]))`, a.Namespace, pods, 4*a.Metrics.IntervalSeconds),
			"threshold":        strconv.Itoa(int(a.Scaling.RPS)),
			"ignoreNullValues": "false",
		},
	}
}
