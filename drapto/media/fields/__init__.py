"""Whether pictures are whole, interlaced or telecined, and what makes whole ones of them."""
