package data

import (
	"fmt"
	"testing"
)

// TestEncodings restores databases whose text is not UTF-8, one of them with bytes that are no text at all.
func TestEncodings(t *testing.T) {
	for encoding, text := range map[string]string{"LATIN1": `\xe4`, "SQL_ASCII": `\xff\xfe`} {
		t.Run(encoding, func(t *testing.T) {
			t.Parallel()
			s := newSetting(t, "postgres")
			s.database += "old"
			s.server.do(t, "", fmt.Sprintf("CREATE DATABASE %s OWNER app TEMPLATE template0 ENCODING '%s' LOCALE 'C'", s.database, encoding))
			s.server.do(t, s.database, fmt.Sprintf(`SET ROLE app; CREATE TABLE words AS SELECT E'%s'::text AS word FROM generate_series(1, 100);
				ALTER TABLE words ADD CHECK (word = E'%s')`, text, text))
			s.kubelet().run(t, s.backup()).passes(t)
			s.kubelet().run(t, expecting(s.drill(), fmt.Sprintf("100 SELECT count(*) FROM words WHERE word = E'%s'", text))).passes(t)
		})
	}
}
