package cli

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// A template that is named stands in for the checkpoint's, which may be there,
// missing, or the reason why another one is named.
func TestServeTakesTheNamedTemplateBeforeTheCheckpoints(t *testing.T) {
	named := filepath.Join(t.TempDir(), "named.jinja")
	require.NoError(t, os.WriteFile(named, []byte("named"), 0o644))
	for name, c := range map[string]struct{ own, want, fails string }{
		"good":    {own: "own", want: "own"},
		"missing": {},
		"broken":  {own: "{% if", fails: "chat_template.jinja"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if c.own != "" {
				require.NoError(t, os.WriteFile(filepath.Join(dir, "chat_template.jinja"), []byte(c.own), 0o644))
			}
			own, err := serveCommand{}.template(dir)
			switch {
			case c.fails != "":
				require.ErrorContains(t, err, c.fails)
			case c.want == "":
				require.NoError(t, err)
				require.Nil(t, own)
			default:
				require.NoError(t, err)
				require.Equal(t, c.want, own.Source())
			}
			other, err := serveCommand{Template: named}.template(dir)
			require.NoError(t, err)
			require.Equal(t, "named", other.Source())
		})
	}
}
