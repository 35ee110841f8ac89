"""The ten cameras that the course's first source asked in 2021.

``datasets/cameras.csv`` is this text; the package carries it so that an installed
course has it too. The source gives hosts and paths only. Plain http is written here:
a server that wants https sends whoever comes by http on, but not the other way.
"""

from __future__ import annotations

__all__ = ["TEXT"]

TEXT = """\
name,place,url,operator,terms,credit,minimum_interval
mavroudi,"Mavroudi, Greece",http://meteo.camera/mavroudi,meteo.camera,\
"address of 2021, not verified; terms not known: ask the operator",meteo.camera,300
tinos,"Tinos, Greece",http://livecamera.gr/webcam4/tinos4.jpg,livecamera.gr,\
"address of 2021, not verified; terms not known: ask the operator",livecamera.gr,300
astypalea,"Astypalea, Greece",http://northmeteo.gr/cam/astypalea/webcam.jpg,\
northmeteo.gr,\
"address of 2021, not verified; terms not known: ask the operator",northmeteo.gr,300
xanthi,"Xanthi, Greece",http://cityofxanthi.gr/images/videos/xanthi1.jpg,\
cityofxanthi.gr,\
"address of 2021, not verified; terms not known: ask the operator",cityofxanthi.gr,300
aridaia,"Aridaia, Greece",http://stravon.gr/meteocams/aridaia,stravon.gr,\
"address of 2021, not verified; terms not known: ask the operator",stravon.gr,300
ithaca,"Ithaca, Greece",http://livecameras.gr/thumbs/temp/ithak2.jpg,livecameras.gr,\
"address of 2021, not verified; terms not known: ask the operator",livecameras.gr,300
terracom,Greece,http://terracom.gr/cam_01/cam05.jpg,terracom.gr,\
"address of 2021, not verified; terms not known: ask the operator",terracom.gr,300
zakynthos,"Zakynthos, Greece",http://zakynthos.at/zantecam/webcam.jpg,zakynthos.at,\
"address of 2021, not verified; terms not known: ask the operator",zakynthos.at,300
messinia,"Messinia, Greece",http://weather-messinia.gr/cams/paralia2.jpg,\
weather-messinia.gr,\
"address of 2021, not verified; terms not known: ask the operator",\
weather-messinia.gr,300
kopaida,"Kopaida, Greece",http://kopaida.gr/cams/antcam1.jpg,kopaida.gr,\
"address of 2021, not verified; terms not known: ask the operator",kopaida.gr,300
"""
