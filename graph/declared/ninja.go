package declared

import (
	"context"
	"errors"
)

func parseNinjaArgs(args []string) makeOptions { return makeOptions{} }

func (c *call) askNinja(ctx context.Context, o Options) error { return errors.New("ninja") }
