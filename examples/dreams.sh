#!/bin/sh
# Ways to start a dream from pictures, each of seconds:  sh examples/dreams.sh
# A dream is the network's alone, nothing in it is simulated: its report fails, and kinema ends with 3.
film="kinema shoot examples/dominoes.yaml --quality draft --size 192x128"
dream="$film --look dream --seconds 1"

# Something to start from: 17 frames of a simulated shot, and eight from later on.
$film --seconds 0.7 -o fall.take
$film --seconds 2 --frames 40:48 -o later.take

# Image to video: a still, and what may come after it.
$dream --given fall.take/thumbnail.png -o after.take

# Extend: what may come after a clip, and before one.
$dream --given fall.take/clip.mp4 -o longer.take
$dream --given -1:fall.take/clip.mp4 -o earlier.take

# Connect: from one still to another.
$dream --given fall.take/thumbnail.png --given -1:later.take/thumbnail.png -o between.take

# Loop: the first frame follows the last.
$dream --given fall.take/thumbnail.png --loop -o round.take

# Edit: a clip, noised most of the way and drawn again.
$dream --given fall.take/clip.mp4 --strength 0.6 -o edited.take

# Inpaint: where the mask is white, the clip is dreamt anew.
$dream --given fall.take/clip.mp4 --mask examples/mask.png -o mended.take
