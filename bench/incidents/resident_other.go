//go:build !linux

package incidents

import "os"

// mostResident is 0 where the unit of the system's figure is not known to us.
func mostResident(*os.ProcessState) float64 { return 0 }
