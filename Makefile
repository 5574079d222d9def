# Everything a developer runs. `make` alone lists it.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
FUZZTIME ?= 30s

.PHONY: help build check test golden judge rules exporters data dashboards e2e fuzz lint bench docs fresh

help: ## list these targets
	@grep -hE '^[a-z0-9]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-10s %s\n", $$1, $$2}'

build: ## build bin/scantling
	CGO_ENABLED=0 go build -trimpath -o bin/scantling ./cmd/scantling

check: lint test fresh ## the only gate: lint, tests, and that updating goldens and docs leaves no diff

test: ## run all tests
	go test ./...

lint: ## format, vet and staticcheck
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); \
	if [ -n "$$unformatted" ]; then echo "gofmt would change:"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	go tool staticcheck ./...

golden: ## rewrite every golden from what the code does now; the diff is the review
	go test ./blueprints ./generators/monitoring ./generators/platform ./generators/recovery ./generators/workload ./internal/compile ./internal/extension ./internal/load ./internal/resolve ./internal/verify \
		-run '^Test(BlueprintRenders|Cases|Objects|MigrationObjects|JobObjects|RightsObjects|RuleObjects|Golden|Errors|Diagnostics|Graph|Jobs|WrongSpecs|Extensions|Dashboards|Causes|Rules|NamespaceRuleFile|E40NodeGroups|NodePool|Textbook)$$' -update

docs: ## rewrite the generated pages of docs/
	go run ./internal/cli/gendocs docs

STATE = { git diff; git ls-files --others --exclude-standard | xargs -r sha256sum; } | sha256sum

fresh:
	@before=$$($(STATE)); $(MAKE) --no-print-directory golden docs; \
	if [ "$$before" != "$$($(STATE))" ]; then \
		echo "goldens or docs were stale: look at what changed, and commit it"; git status --short; exit 1; \
	fi

judge: ## put all that is rendered before the code of the API server, Istio, Argo Rollouts, Flagger and others, without a cluster: one to three minutes, the first time ten more
	cd e2e && go test -count=1 -timeout 45m ./judge $(ARGS)

rules: ## put the rules and dashboards of all goldens before Prometheus itself, and beside rules as Sloth and Pyrra write them: six minutes, the first time five more
	cd e2e/prometheus && go vet ./... && go test -count=1 ./server
	cd e2e/prometheus && go test -count=1 -timeout 30m . $(ARGS)

exporters: ## hold all that rules and dashboards ask for against what kube-state-metrics, the kubelet, KEDA and others really expose: one minute, the first time five more
	cd e2e/exporters && go vet ./... && go test -count=1 -timeout 30m ./... $(ARGS)

data: ## run backups, restore drills and the reference service against real PostgreSQL, MariaDB, Redis and an S3 store: five minutes; it says which packages are missing
	cd e2e && go test -count=1 -timeout 20m -parallel 3 ./data $(ARGS)
	cd blueprints/api/service && go vet ./... && go test -count=1 -timeout 20m ./...

dashboards: ## hold every dashboard to the types of Grafana's own schema, and ask Prometheus each of its queries: half a minute; it needs node and npm
	dir=$$(mktemp -d); trap 'rm -rf "$$dir"' EXIT; \
	(cd e2e/prometheus && go test -count=1 -run '^TestDashboards$$' . -dashboards "$$dir"); \
	cd e2e/prometheus/grafana && npm ci --no-audit --no-fund && npm run --silent check "$$dir"

e2e: ## judge every manifest on a real Kubernetes, and play what the simulator predicts: nine minutes, the first time ten more
	cd e2e && go test -count=1 ./client
	cd e2e && go test -count=1 -timeout 45m ./suite $(ARGS)
	cd e2e && go test -count=1 -timeout 20m ./differential

fuzz: ## fuzz each fuzz target for FUZZTIME (30s)
	@go list ./... | while read -r pkg; do \
		for f in $$(go test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
			echo "== $$pkg $$f"; go test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1x $$pkg; \
		done; \
	done

bench: build ## CPU, time and memory of whole runs, beside kustomize and helm where they are on the PATH
	go run ./bench -bin bin/scantling
	go test -run '^$$' -bench . -benchmem ./internal/...
