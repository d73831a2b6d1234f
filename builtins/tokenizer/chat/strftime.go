package chat

import (
	"fmt"
	"strings"
	"time"
)

// strftimeLayouts are Python's directives as Go's time layouts, in the C
// locale.
var strftimeLayouts = map[byte]string{
	'a': "Mon", 'A': "Monday", 'b': "Jan", 'B': "January", 'd': "02", 'H': "15", 'I': "03", 'j': "002", 'm': "01",
	'M': "04", 'p': "PM", 'S': "05", 'y': "06", 'Y': "2006", 'F': "2006-01-02", 'T': "15:04:05", 'e': "_2",
}

// strftime is Python's datetime.strftime.
func strftime(t time.Time, format string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			b.WriteByte(format[i])
			continue
		}
		if i++; i == len(format) {
			return "", fmt.Errorf("strftime_now: %q ends within a directive", format)
		}
		if format[i] == '%' {
			b.WriteByte('%')
			continue
		}
		layout, ok := strftimeLayouts[format[i]]
		if !ok {
			return "", fmt.Errorf("strftime_now: the directive %%%c is not known", format[i])
		}
		b.WriteString(t.Format(layout))
	}
	return b.String(), nil
}
