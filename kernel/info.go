package kernel

import (
	"runtime"
	"strings"

	"adkernel/kernel/wire"
)

// implementation is the kernel's name for front ends.
const implementation = "adkernel"

func (s *server) kernelInfo() wire.KernelInfoReply {
	language := Language()
	return wire.KernelInfoReply{
		Status:                wire.StatusOK,
		ProtocolVersion:       wire.Version,
		Implementation:        implementation,
		ImplementationVersion: s.options.Version,
		LanguageInfo:          language,
		Banner:                "adkernel " + s.options.Version + ", Go " + language.Version,
		HelpLinks: []wire.HelpLink{
			{Text: "Go specification", URL: "https://go.dev/ref/spec"},
			{Text: "Go standard library", URL: "https://pkg.go.dev/std"},
		},
		SupportedFeatures: []string{"kernel subshells"},
	}
}

// Language is what notebooks keep of the language of their cells.
func Language() wire.LanguageInfo {
	return wire.LanguageInfo{
		Name:           "go",
		Version:        strings.TrimPrefix(runtime.Version(), "go"),
		MIMEType:       "text/x-go",
		FileExtension:  ".go",
		PygmentsLexer:  "go",
		CodemirrorMode: "go",
	}
}
