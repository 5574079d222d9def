package app

// RoleBase is the role of the pods of a base: of the stable version, too, but of a workload of their own.
const RoleBase Role = "base"

// Base is the part of an app's pods that never runs on capacity which the cloud may take back, while the others prefer it: a workload
// beside the app's own, of the same version. It is no release: whatever changes the one changes the other.
type Base struct {
	Pods int32 // as many as a drain leaves of the app's fewest pods, and never all of them
}

// Workloads returns the app once for each workload that runs it: what Versions returns, and behind a version with a base that base. The
// number of pods and where they may run are as the workload has them. Replicas of the app itself counts both.
func (a App) Workloads() []App {
	var out []App
	for _, v := range a.Versions() {
		if v.Base != nil {
			base := v
			base.Role, base.Scaling, base.Placement.Spot = RoleBase, nil, SpotNever
			base.Replicas = Replicas{Min: v.Base.Pods, Max: v.Base.Pods}
			v.Replicas = Replicas{Min: v.Replicas.Min - v.Base.Pods, Max: v.Replicas.Max - v.Base.Pods}
			out = append(out, v, base)
			continue
		}
		out = append(out, v)
	}
	return out
}
