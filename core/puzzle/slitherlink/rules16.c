/* The rules for grids up to 15 x 15: a plane is one vector register. */
#define LANE  uint16_t
#define LANES 16
#define RULES hd_slither_rules16
#include "core/puzzle/slitherlink/rules.h"
