package exact

import (
	goruntime "runtime"
	"sync"
	"weak"
)

// A weakMap holds values for keys as long as the keys are alive elsewhere. With
// it a session forgets the variables and functions that no cell can mention any
// more, because others took their names. A value must not lead to its key.
type weakMap[K, V any] struct {
	mu sync.Mutex
	m  map[weak.Pointer[K]]V
}

func (w *weakMap[K, V]) get(k *K) V {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.m[weak.Make(k)]
}

func (w *weakMap[K, V]) set(k *K, v V) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.m == nil {
		w.m = map[weak.Pointer[K]]V{}
	}
	key := weak.Make(k)
	if _, known := w.m[key]; !known {
		goruntime.AddCleanup(k, w.drop, key)
	}
	w.m[key] = v
}

func (w *weakMap[K, V]) drop(key weak.Pointer[K]) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.m, key)
}
