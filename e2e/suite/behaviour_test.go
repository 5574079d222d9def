package suite

import (
	"testing"
)

// A behaviour is one promise, watched on the cluster twice: with the form that the textbook teaches, which shall show the fault
// (else the test would not notice it with ours either), and with what Scantling renders, which shall not.
type behaviour struct {
	question string
	watch    func(t *testing.T) (textbook, ours string) // what was seen, in words that do not change from run to run
}

// behaviours in the order of the page. A new promise is one line and one function.
var behaviours = []behaviour{
	{"Is it accepted at all?", selectors},
	{"Do six pods over three zones run?", spread},
	{"A zone is lost: do its pods run elsewhere?", zoneLoss},
	{"Can every node be drained while the app runs?", drains},
	{"Can a node with crash-looping pods be drained?", drainsCrashing},
	{"Do enough pods stay ready during a rolling update?", rollingUpdate},
	{"Does a release that does not work get traffic?", badRelease},
	{"Does applying again undo what the autoscaler did?", autoscaling},
	{"Does a scheduled job run where the restricted standard is enforced?", scheduledJob},
	{"Do the app's pods start where the restricted standard is enforced?", restrictedStandard},
	{"What may the app ask the API server?", access},
	{"Does the app's pod carry a token for the API server?", token},
	{"Does the cluster know the secret's kind?", secretKind},
}

// TestBehaviour lets the real controllers and the scheduler act. One after the other: they share the nodes.
func TestBehaviour(t *testing.T) {
	for _, b := range behaviours {
		t.Run(b.question, func(t *testing.T) {
			textbook, ours := b.watch(t)
			page.row(b.question, textbook, ours)
		})
	}
}
