package scaling

import (
	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// ScaledObject follows what only KEDA can read: request rates and queues. KEDA makes the HorizontalPodAutoscaler itself.
// Where the app has a base, all that waits in a queue calls for pods above it, as if the base took nothing: there are as many too many
// at most as the base has, and never more than the app may have.
var ScaledObject = generator.Generator{
	Name: "scaled-object",
	Reasons: generator.Reasons{
		"ScaledObject spec.pollingInterval":                                                           "15 s, as often as the HorizontalPodAutoscaler looks; KEDA's 30 s would double the wait for the first pod",
		"ScaledObject spec.cooldownPeriod":                                                            "300 s, KEDA's default: a queue that is empty for a moment must not cost a cold start",
		"ScaledObject spec.fallback.failureThreshold":                                                 "3 polls, 45 s: longer than a restart of what is asked",
		"ScaledObject spec.fallback.behavior":                                                         "without an answer nobody knows the load: pods may come, none may go",
		"ScaledObject spec.advanced.horizontalPodAutoscalerConfig.behavior.scaleUp.selectPolicy":      "a peak does not wait: the larger step counts",
		"ScaledObject spec.advanced.horizontalPodAutoscalerConfig.behavior.scaleUp.policies[].type":   "in percent for large apps, in pods for small ones",
		"ScaledObject spec.advanced.horizontalPodAutoscalerConfig.behavior.scaleDown.selectPolicy":    "a second peak often follows the first: the smaller step counts",
		"ScaledObject spec.advanced.horizontalPodAutoscalerConfig.behavior.scaleDown.policies[].type": "slow in proportion to what runs, and always at least one pod",
		"ScaledObject spec.triggers[].metricType":                                                     "per pod; CPU in percent of the request",
		"ScaledObject spec.triggers[].metadata.ignoreNullValues":                                      "a metric that is missing must not look like no load",
		"ScaledObject spec.triggers[].metadata.protocol":                                              "the protocol that the app speaks, on the same port",
		"ScaledObject spec.triggers[].metadata.mode":                                                  "what waits, not how fast it comes",
		"ScaledObject spec.triggers[].metadata.offsetResetPolicy":                                     "a group that has read nothing yet has no lag, instead of the whole topic",
		"ScaledObject spec.triggers[].metadata.sasl":                                                  "the password never crosses the network",
		"ScaledObject spec.triggers[].metadata.tls":                                                   "on every port but the one that Kafka reserves for plain text",
		"ScaledObject spec.triggers[].authenticationRef.kind":                                         "of the app's own namespace",
	},
	Run: func(a app.App) []generator.Object {
		var out []generator.Object
		for _, v := range a.Workloads() {
			if v.Scaling == nil || !v.Scaling.KEDA {
				continue
			}
			out = append(out, &kube.ScaledObject{
				TypeMeta:   kube.Type("keda.sh/v1alpha1", "ScaledObject"),
				ObjectMeta: kube.VersionMeta(v),
				Spec: kube.ScaledObjectSpec{
					ScaleTargetRef: kube.ScaleTarget{
						APIVersion: kube.WorkloadVersion(v),
						Kind:       kube.WorkloadKind(v),
						Name:       kube.WorkloadName(v),
					},
					PollingInterval: 15,
					CooldownPeriod:  300,
					MinReplicaCount: v.Replicas.Min,
					MaxReplicaCount: v.Replicas.Max,
					Fallback: &kube.ScaleFallback{
						FailureThreshold: 3,
						Replicas:         max(1, v.Replicas.Min, (v.Replicas.Max+3)/4), // a quarter of what may run
						Behavior:         "currentReplicasIfHigher",
					},
					Advanced: kube.ScaleAdvanced{
						HorizontalPodAutoscalerConfig: kube.ScaleHPA{Behavior: behavior(v.Scaling)},
					},
					Triggers: triggers(v),
				},
			})
		}
		return out
	},
}

// TriggerAuthentication lets KEDA ask the app's broker with the app's credentials.
var TriggerAuthentication = generator.Generator{
	Name: "trigger-authentication",
	Reasons: generator.Reasons{
		"TriggerAuthentication spec.secretTargetRef[].parameter": "what KEDA's scalers of brokers call it",
		"TriggerAuthentication spec.secretTargetRef[].key":       "the keys of a broker's credentials",
	},
	Run: func(a app.App) []generator.Object {
		if a.Scaling == nil || a.Scaling.Queue == nil || a.Scaling.Queue.Secret == "" {
			return nil
		}
		secret := a.Scaling.Queue.Secret
		return []generator.Object{&kube.TriggerAuthentication{
			TypeMeta:   kube.Type("keda.sh/v1alpha1", "TriggerAuthentication"),
			ObjectMeta: kube.Meta(a, authenticationName(a)),
			Spec: kube.TriggerAuthenticationSpec{
				SecretTargetRef: []kube.TriggerSecretRef{
					{Parameter: "username", Name: secret, Key: "username"},
					{Parameter: "password", Name: secret, Key: "password"},
				},
			},
		}}
	},
}

func authenticationName(a app.App) string { return a.Name + "-queue" }
