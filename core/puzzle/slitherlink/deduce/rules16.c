/* The rules for grids up to 15 x 15: a plane is one vector. */
#define LANE  uint16_t
#define SIDE  16
#define LANES 16
#define RULES hd_slither_rules16
#include "core/puzzle/slitherlink/deduce/rules.h"
