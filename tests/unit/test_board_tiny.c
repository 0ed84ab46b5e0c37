/* The hostile build of a board: leaves and inner nodes of four, all else the same. */
#define HD_BOARD_TINY

#include "core/board/tree.c"
#include "core/board/tree_audit.c"
#include "core/board/tree_memory.c"
#include "core/board/tree_node.c"
#include "core/board/tree_read.c"
#include "core/board/tree_shape.c"
#include "core/board/tree_warm.c"

#include "tests/unit/test_board.c"
