package recovery

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"github.com/scantling/scantling/internal/app"
	"github.com/scantling/scantling/internal/generator"
	"github.com/scantling/scantling/internal/kube"
)

// ObjectStore is where a database's base backups and write-ahead log go.
var ObjectStore = generator.Generator{
	Name: "object-store",
	Reasons: generator.Reasons{
		"ObjectStore spec.configuration.s3Credentials.accessKeyId.key":     "the name that the platform keeps it under",
		"ObjectStore spec.configuration.s3Credentials.secretAccessKey.key": "the name that the platform keeps it under",
		"ObjectStore spec.configuration.wal.compression":                   "a segment of the log that had to go before it was full is mostly zeros",
		"ObjectStore spec.configuration.data.compression":                  "a base backup is a third of its size, for the bucket and for the way back",
		"ObjectStore spec.instanceSidecarConfiguration.env[].name":         "the region, as the store's client reads it; and no checksums that only Amazon's own store knows",
		"ObjectStore spec.instanceSidecarConfiguration.env[].value":        "stores of other makers refuse the checksums that the client adds by default",
	},
	Run: func(a app.App) []generator.Object {
		var out []generator.Object
		for _, c := range a.Clusters {
			if c.Archive != nil {
				out = append(out, objectStore(a, c))
			}
		}
		return out
	},
}

func objectStore(a app.App, c app.Cluster) *kube.ObjectStore {
	archive, bucket := c.Archive, c.Archive.Bucket
	return &kube.ObjectStore{
		TypeMeta:   kube.Type("barmancloud.cnpg.io/v1", "ObjectStore"),
		ObjectMeta: kube.DatabaseMeta(a, c.Name, archive.Store),
		Spec: kube.ObjectStoreSpec{
			RetentionPolicy: fmt.Sprintf("%dd", archive.RetentionDays),
			Configuration: kube.ObjectStoreConfiguration{
				DestinationPath: "s3://" + bucket.Name + "/" + bucket.Prefix,
				EndpointURL:     bucket.Endpoint,
				S3Credentials: kube.S3Credentials{
					AccessKeyID:     secretKey(archive.Secret.Name, "accessKey"),
					SecretAccessKey: secretKey(archive.Secret.Name, "secretKey"),
				},
				WAL:  kube.Compression{Compression: "gzip"},
				Data: kube.Compression{Compression: "gzip"},
			},
			InstanceSidecarConfiguration: kube.ArchiverConfiguration{
				Env:       clientEnv(bucket),
				Resources: kube.Requirements(archive.Resources),
			},
		},
	}
}

func secretKey(secret, key string) corev1.SecretKeySelector {
	return corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: secret}, Key: key}
}

// clientEnv is what the client of the store (boto3) takes from nowhere else.
func clientEnv(b app.Bucket) []corev1.EnvVar {
	var env []corev1.EnvVar
	if b.Region != "" {
		env = append(env, corev1.EnvVar{Name: "AWS_DEFAULT_REGION", Value: b.Region})
	}
	if b.Endpoint != "" {
		env = append(env,
			corev1.EnvVar{Name: "AWS_REQUEST_CHECKSUM_CALCULATION", Value: "when_required"},
			corev1.EnvVar{Name: "AWS_RESPONSE_CHECKSUM_VALIDATION", Value: "when_required"})
	}
	return env
}
