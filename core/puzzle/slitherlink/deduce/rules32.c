/* The rules for grids up to 30 x 30: of a plane of 32 rows eight at a time. */
#define LANE  uint32_t
#define SIDE  32
#define LANES 8
#define RULES hd_slither_rules32
#include "core/puzzle/slitherlink/deduce/rules.h"
