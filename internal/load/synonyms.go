package load

// synonyms are what other tools, or Kubernetes itself, call a field of ours, at whatever depth it stands.
var synonyms = map[string][]string{
	"owner": {"team"}, "criticality": {"tier"}, "type": {"kind"},
	"autoscaling": {"scale"}, "hpa": {"scale"}, "strategy": {"rollout"}, "deployment": {"rollout"}, "replicaCount": {"replicas"},
	"dependencies": {"needs"}, "dependsOn": {"needs"}, "depends_on": {"needs"}, "exposure": {"expose"}, "ingress": {"expose"}, "route": {"expose"},
	"probes": {"health"}, "healthcheck": {"health"}, "entrypoint": {"command"}, "environment": {"env", "environments"},
	"requests": {"resources", "cpu", "memory"}, "limits": {"resources", "cpuLimit", "memoryLimit"}, "volumes": {"storage"}, "volumeMounts": {"storage"}, "backup": {"recovery"},
	"configMap": {"config"}, "cron": {"schedule"}, "rbac": {"kubernetes"}, "serviceAccount": {"kubernetes"}, "runAsUser": {"user"},
	"initContainers": {"sidecars"}, "containers": {"sidecars"}, "serviceMonitor": {"metrics"}, "containerPort": {"port"}, "targetPort": {"port"},
	"overrides": {"environments"}, "secretRef": {"secrets"},

	"readiness": {"ready"}, "readinessProbe": {"ready", "health"}, "liveness": {"live"}, "livenessProbe": {"live", "health"},
	"startupProbe": {"startup", "health"}, "terminationGracePeriodSeconds": {"drain", "health"},
	"minReplicas": {"min"}, "maxReplicas": {"max"}, "targetCPUUtilizationPercentage": {"cpu"},
	"cpu": {"resources"}, "memory": {"resources"},
	"hostname": {"host"}, "domain": {"host"}, "hostnames": {"hosts"},
	"mountPath": {"mount"}, "accessMode": {"access"}, "accessModes": {"access"}, "storageClass": {"class"}, "storageClassName": {"class"},
	"percentile": {"percent"}, "threshold": {"under"}, "target": {"availability", "under"},
	"apiGroup": {"group"}, "apiGroups": {"group"}, "resourceNames": {"names"},
	"postgresql": {"postgres"}, "mongo": {"mongodb"}, "mariadb": {"mysql"}, "amqp": {"rabbitmq"}, "s3": {"objectstore"}, "bucket": {"objectstore"}, "http": {"external"}, "service": {"app"},
}

// valueSynonyms are what other tools call one of our words.
var valueSynonyms = map[string]string{
	"deployment": "service", "statefulset": "stateful", "cronjob": "cron", "job": "cron",
	"small": "s", "medium": "m", "large": "l", "xxl": "2xl",
	"java": "jvm", "nodejs": "node", "golang": "go", "csharp": "dotnet",
	"rwo": "ReadWriteOnce", "rwx": "ReadWriteMany", "rox": "ReadOnlyMany", "rwop": "ReadWriteOncePod",
	"nginx": "ingress", "prometheus-operator": "prometheus", "external-secrets": "externalsecrets", "gateway-api": "gateway", "cert_manager": "cert-manager",
}
