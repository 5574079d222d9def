package transition

import "testing"

func TestPortsKeepTheirNames(t *testing.T) {
	pods := func(ports string) string { return with(stable, "image: web:1", "image: web:1, ports: ["+ports+"]") }
	svc := func(ports string) string {
		return with(serviceOf("web", "app: web"), "spec: {", "spec: {ports: ["+ports+"], ")
	}
	const (
		http, grpc     = "{name: http, containerPort: 8080}", "{name: grpc, containerPort: 8080}"
		byHTTP, byGRPC = "{port: 80, targetPort: http}", "{port: 80, targetPort: grpc}"
		admin, toAdmin = ", {name: admin, containerPort: 8081}", ", {port: 81, targetPort: admin}"
		problem        = `error ports-keep-their-names Service/shop/web: Service/web would lead port 80 to the pods' port "grpc", which those of Deployment/web that run do not have: nobody answers until new ones are ready`
	)
	runCases(t, []stepCase{
		{"another name", docs{pods(http), svc(byHTTP)}, docs{pods(grpc), svc(byGRPC)}, []string{problem}},
		{"another name among others", docs{pods(http + admin), svc(byHTTP + toAdmin)}, docs{pods(grpc + admin), svc(byGRPC + toAdmin)}, []string{problem}},
		{"another number", docs{pods(http), svc(byHTTP)}, docs{pods(with(http, "8080", "8081")), svc(with(byHTTP, "80", "81"))}, nil},
		{"a port more", docs{pods(http), svc(byHTTP)}, docs{pods(http + admin), svc(byHTTP + toAdmin)}, nil},
		{"a port less", docs{pods(http + admin), svc(byHTTP + toAdmin)}, docs{pods(http), svc(byHTTP)}, nil},
		{"by number", docs{pods(http), svc("{port: 80, targetPort: 8080}")}, docs{pods(grpc), svc("{port: 80, targetPort: 8080}")}, nil},
		{"nothing found before", docs{pods(http), svc(byGRPC)}, docs{pods(grpc), svc(byGRPC)}, nil},
		{"nobody served before", docs{with(pods(http), "replicas: 3", "replicas: 0"), svc(byHTTP)}, docs{pods(grpc), svc(byGRPC)}, nil},
		{"another name for another colour", docs{blue, with(green, "image: web:1", "image: web:1, ports: ["+grpc+"]"), with(svc(byHTTP), "app: web", "color: blue")},
			docs{blue, with(green, "image: web:1", "image: web:1, ports: ["+grpc+"]"), with(svc(byGRPC), "app: web", "color: green")}, nil},
	})
}
