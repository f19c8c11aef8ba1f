"""Scenes of the catalogue: 100,000 ISO 19139 records loaded, crawled as data.gouv.fr does it, read by identifier; beside
pycsw on the same PostgreSQL, where it is installed."""

import http.client
import os
import pathlib
import random
import shutil
import socket
import statistics
import subprocess
import threading
import time
import uuid

SEED = 20261127
RECORDS = int(os.environ.get("DATASUD_BENCH_RECORDS", "100000"))
PAGE = 25

SUBJECTS = (
    "occupation du sol|cours d'eau|zones humides|forêts et boisements|pistes cyclables|arrêts de transport en commun|"
    "parcelles agricoles|risques d'inondation|aléa feu de forêt|qualité de l'air|stations de mesure|captages d'eau potable|"
    "espaces naturels sensibles|sentiers de randonnée|plages et eaux de baignade|établissements scolaires|bornes de recharge|"
    "équipements sportifs|plan local d'urbanisme|servitudes d'utilité publique|réseau hydrographique|habitats naturels|"
    "monuments historiques|bruit des infrastructures|zones d'activités économiques|végétation du littoral|adresses"
).split("|")
PLACES = (
    "Avignon|Aix-en-Provence|Arles|Aubagne|Barcelonnette|Briançon|Brignoles|Cannes|Carpentras|Cavaillon|Digne-les-Bains|"
    "Draguignan|Embrun|Fréjus|Gap|Grasse|Hyères|Istres|La Ciotat|L'Isle-sur-la-Sorgue|Manosque|Marseille|Martigues|Menton|"
    "Nice|Orange|Salon-de-Provence|Sisteron|Toulon|Vitrolles|Vallée de l'Ubaye|Massif des Maures|Camargue|Luberon|Verdon"
).split("|")
WORDS = (
    "données relevées levées photographies aériennes interprétation visuelle échelle cartographie territoire commune "
    "département région collectivité gestionnaire producteur mise à jour annuelle périmètre limites communales précision "
    "géométrique attributs nomenclature référentiel topographique terrain campagne observation suivi milieux naturels espèces "
    "protégées écologie aménagement planification urbanisme habitat logement emploi population mobilité transports réseaux "
    "énergie déchets assainissement captage nappe souterraine rivière ruisseau vallée massif littoral plage dune étang marais "
    "forêt chênaie pinède garrigue prairie culture vigne verger oliveraie irrigation canal barrage digue crue submersion "
    "incendie prévention sécurité secours surveillance mesure capteur station indicateur statistique enquête recensement "
    "publication diffusion ouverte licence réutilisation citoyens élus techniciens bureaux d'études chercheurs étudiants "
    "contrôle qualité cohérence topologie complétude validation conformité directive européenne observatoire partenaires"
).split()
THEMES = "Hydrographie|Occupation des terres|Zones à risque naturel|Sites protégés|Réseaux de transport|Unités administratives|Habitats et biotopes|Usage des sols".split("|")
TOPICS = "inlandWaters|environment|biota|transportation|boundaries|planningCadastre|farming|society|oceans".split("|")
LICENCES = ("https://www.etalab.gouv.fr/licence-ouverte-open-licence", "https://opendatacommons.org/licenses/odbl/1-0/")
TYPES = ["dataset"] * 17 + ["series"] * 2 + ["service"]


def string(name, text):
    return f"<gmd:{name}><gco:CharacterString>{text}</gco:CharacterString></gmd:{name}>"


def code(name, codes, value):
    return (
        f'<gmd:{name}><gmd:{codes} codeList="http://www.isotc211.org/2005/resources/codeList.xml#{codes}" '
        f'codeListValue="{value}"/></gmd:{name}>'
    )


def date(kind, day):
    return f"<gmd:date><gmd:CI_Date><gmd:date><gco:Date>{day}</gco:Date></gmd:date>{code('dateType', 'CI_DateTypeCode', kind)}</gmd:CI_Date></gmd:date>"


def sentences(rng, count):
    made = []
    for _ in range(count):
        words = rng.choices(WORDS, k=rng.randint(9, 16))
        made.append(" ".join(words).capitalize() + ".")
    return " ".join(made)


def party(name, role, organisation, place):
    host = organisation.lower().replace(" ", "-").replace("'", "-").replace("é", "e")
    return (
        f"<gmd:{name}><gmd:CI_ResponsibleParty>{string('individualName', 'Service géomatique')}{string('organisationName', organisation)}"
        f"{string('positionName', 'Administration des données')}<gmd:contactInfo><gmd:CI_Contact><gmd:phone><gmd:CI_Telephone>"
        f"{string('voice', '+33 4 00 00 00 00')}</gmd:CI_Telephone></gmd:phone><gmd:address><gmd:CI_Address>"
        f"{string('deliveryPoint', '1 place de la Mairie')}{string('city', place)}{string('postalCode', '13000')}{string('country', 'France')}"
        f"{string('electronicMailAddress', f'sig@{host}.example')}</gmd:CI_Address></gmd:address></gmd:CI_Contact></gmd:contactInfo>"
        f"{code('role', 'CI_RoleCode', role)}</gmd:CI_ResponsibleParty></gmd:{name}>"
    )


def keywords(words, thesaurus=None):
    title = ""
    if thesaurus:
        title = f"<gmd:thesaurusName><gmd:CI_Citation>{string('title', thesaurus)}{date('publication', '2008-06-01')}</gmd:CI_Citation></gmd:thesaurusName>"
    return (
        "<gmd:descriptiveKeywords><gmd:MD_Keywords>" + "".join(string("keyword", w) for w in words)
        + code("type", "MD_KeywordTypeCode", "theme") + title + "</gmd:MD_Keywords></gmd:descriptiveKeywords>"
    )


def online(url, protocol, name, description):
    return (
        f"<gmd:onLine><gmd:CI_OnlineResource><gmd:linkage><gmd:URL>{url}</gmd:URL></gmd:linkage>{string('protocol', protocol)}{string('name', name)}"
        f"{string('description', description)}{code('function', 'CI_OnLineFunctionCode', 'download')}</gmd:CI_OnlineResource></gmd:onLine>"
    )


def record(number):
    """The record of a number: always the same, about 13 kB. Answers its identifier and its text."""
    rng = random.Random(SEED * 1_000_003 + number)
    identifier = str(uuid.UUID(int=rng.getrandbits(128), version=4))
    subject, place = rng.choice(SUBJECTS), rng.choice(PLACES)
    organisation = f"Communauté de communes {rng.choice(PLACES)}"
    title = f"{subject.capitalize()} — {place}, millésime {rng.randint(1998, 2026)}, lot {number}"
    kind = rng.choice(TYPES)
    west, south = rng.uniform(4.2, 7.2), rng.uniform(42.9, 44.8)
    east, north = west + rng.uniform(0.02, 0.5), south + rng.uniform(0.02, 0.3)
    base = f"https://donnees.example/{identifier}"
    stamp = f"20{rng.randint(10, 25)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
    lists = keywords([rng.choice(THEMES)], "GEMET - INSPIRE themes, version 1.0") + keywords(rng.sample(WORDS, 8) + [place]) + keywords(["données ouvertes", subject])
    links = "".join(
        online(f"{base}/{path}", protocol, f"couche_{number}", f"{title} : {what}")
        for path, protocol, what in [
            ("wms?SERVICE=WMS&amp;REQUEST=GetCapabilities", "OGC:WMS", "carte"),
            ("wfs?SERVICE=WFS&amp;REQUEST=GetCapabilities", "OGC:WFS", "entités"),
            ("donnees.zip", "WWW:DOWNLOAD-1.0-http--download", "fichiers Shapefile"),
            ("donnees.gpkg", "WWW:DOWNLOAD-1.0-http--download", "fichier GeoPackage"),
        ]
    )
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<gmd:MD_Metadata xmlns:gmd="http://www.isotc211.org/2005/gmd" '
        'xmlns:gco="http://www.isotc211.org/2005/gco" xmlns:gml="http://www.opengis.net/gml" xmlns:gmx="http://www.isotc211.org/2005/gmx" '
        'xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"{string('fileIdentifier', identifier)}{code('language', 'LanguageCode', 'fre')}{code('characterSet', 'MD_CharacterSetCode', 'utf8')}"
        f"{code('hierarchyLevel', 'MD_ScopeCode', kind)}{party('contact', 'pointOfContact', organisation, place)}"
        f"<gmd:dateStamp><gco:Date>{stamp}</gco:Date></gmd:dateStamp>{string('metadataStandardName', 'ISO 19115')}{string('metadataStandardVersion', '2003/Cor.1:2006')}"
        "<gmd:referenceSystemInfo><gmd:MD_ReferenceSystem><gmd:referenceSystemIdentifier><gmd:RS_Identifier>"
        f"{string('code', 'http://www.opengis.net/def/crs/EPSG/0/2154')}</gmd:RS_Identifier></gmd:referenceSystemIdentifier></gmd:MD_ReferenceSystem></gmd:referenceSystemInfo>"
        f"<gmd:identificationInfo><gmd:MD_DataIdentification><gmd:citation><gmd:CI_Citation>{string('title', title)}"
        f"{date('creation', stamp)}{date('publication', stamp)}{date('revision', stamp)}"
        f"<gmd:identifier><gmd:MD_Identifier>{string('code', base)}</gmd:MD_Identifier></gmd:identifier></gmd:CI_Citation></gmd:citation>"
        f"{string('abstract', title + '. ' + sentences(rng, 9))}{party('pointOfContact', 'owner', organisation, place)}"
        f"<gmd:resourceMaintenance><gmd:MD_MaintenanceInformation>{code('maintenanceAndUpdateFrequency', 'MD_MaintenanceFrequencyCode', 'annually')}</gmd:MD_MaintenanceInformation></gmd:resourceMaintenance>"
        f"{lists}<gmd:resourceConstraints><gmd:MD_LegalConstraints>{string('useLimitation', 'Aucune condition ne s’applique')}{code('accessConstraints', 'MD_RestrictionCode', 'otherRestrictions')}"
        f"{string('otherConstraints', rng.choice(LICENCES))}</gmd:MD_LegalConstraints></gmd:resourceConstraints>"
        f"{code('spatialRepresentationType', 'MD_SpatialRepresentationTypeCode', 'vector')}"
        "<gmd:spatialResolution><gmd:MD_Resolution><gmd:equivalentScale><gmd:MD_RepresentativeFraction><gmd:denominator><gco:Integer>25000</gco:Integer></gmd:denominator></gmd:MD_RepresentativeFraction></gmd:equivalentScale></gmd:MD_Resolution></gmd:spatialResolution>"
        f"{code('language', 'LanguageCode', 'fre')}<gmd:topicCategory><gmd:MD_TopicCategoryCode>{rng.choice(TOPICS)}</gmd:MD_TopicCategoryCode></gmd:topicCategory>"
        "<gmd:extent><gmd:EX_Extent><gmd:geographicElement><gmd:EX_GeographicBoundingBox>"
        f"<gmd:westBoundLongitude><gco:Decimal>{west:.5f}</gco:Decimal></gmd:westBoundLongitude><gmd:eastBoundLongitude><gco:Decimal>{east:.5f}</gco:Decimal></gmd:eastBoundLongitude>"
        f"<gmd:southBoundLatitude><gco:Decimal>{south:.5f}</gco:Decimal></gmd:southBoundLatitude><gmd:northBoundLatitude><gco:Decimal>{north:.5f}</gco:Decimal></gmd:northBoundLatitude>"
        "</gmd:EX_GeographicBoundingBox></gmd:geographicElement></gmd:EX_Extent></gmd:extent></gmd:MD_DataIdentification></gmd:identificationInfo>"
        f"<gmd:distributionInfo><gmd:MD_Distribution><gmd:distributionFormat><gmd:MD_Format>{string('name', 'ESRI Shapefile')}{string('version', '1.0')}</gmd:MD_Format></gmd:distributionFormat>"
        f"<gmd:transferOptions><gmd:MD_DigitalTransferOptions>{links}</gmd:MD_DigitalTransferOptions></gmd:transferOptions></gmd:MD_Distribution></gmd:distributionInfo>"
        f"<gmd:dataQualityInfo><gmd:DQ_DataQuality><gmd:scope><gmd:DQ_Scope>{code('level', 'MD_ScopeCode', kind)}</gmd:DQ_Scope></gmd:scope>"
        f"<gmd:lineage><gmd:LI_Lineage>{string('statement', sentences(rng, 4))}</gmd:LI_Lineage></gmd:lineage></gmd:DQ_DataQuality></gmd:dataQualityInfo></gmd:MD_Metadata>"
    )
    return identifier, text


def write(folder, count):
    """Writes a record a file; what is there already stays."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    done = folder / ".complete"
    if done.exists() and done.read_text() == str(count):
        return folder
    for number in range(count):
        identifier, text = record(number)
        (folder / f"{number:06}.xml").write_text(text, encoding="utf-8")
    done.write_text(str(count))
    return folder


def crawl_body(start):
    """What udata (data.gouv.fr) posts, with names as pycsw knows them."""
    types = "".join(
        f"<ogc:PropertyIsEqualTo><ogc:PropertyName>apiso:Type</ogc:PropertyName><ogc:Literal>{t}</ogc:Literal></ogc:PropertyIsEqualTo>"
        for t in ("dataset", "nonGeographicDataset", "series", "service")
    )
    return (
        '<csw:GetRecords xmlns:csw="http://www.opengis.net/cat/csw/2.0.2" xmlns:gmd="http://www.isotc211.org/2005/gmd" '
        'xmlns:apiso="http://www.opengis.net/cat/csw/apiso/1.0" xmlns:ogc="http://www.opengis.net/ogc" service="CSW" version="2.0.2" '
        f'resultType="results" startPosition="{start}" maxRecords="{PAGE}" outputFormat="application/xml" outputSchema="http://www.isotc211.org/2005/gmd">'
        '<csw:Query typeNames="gmd:MD_Metadata"><csw:ElementSetName>full</csw:ElementSetName><csw:Constraint version="1.1.0"><ogc:Filter><ogc:Or>'
        f"{types}</ogc:Or></ogc:Filter></csw:Constraint><ogc:SortBy><ogc:SortProperty><ogc:PropertyName>apiso:Identifier</ogc:PropertyName>"
        "<ogc:SortOrder>ASC</ogc:SortOrder></ogc:SortProperty></ogc:SortBy></csw:Query></csw:GetRecords>"
    )


def attribute(body, name):
    at = body.index(name.encode() + b'="') + len(name) + 2
    return int(body[at : body.index(b'"', at)])


class Catalogue:
    """A CSW under measurement."""

    def __init__(self, port, path):
        self.connection, self.path = http.client.HTTPConnection("127.0.0.1", port, timeout=600), path

    def ask(self, method, more="", body=None):
        headers = {"Content-Type": "application/xml", "User-Agent": "catalogue-bench"} if body else {}
        self.connection.request(method, self.path + more, body.encode() if body else None, headers)
        answer = self.connection.getresponse()
        return answer.status, answer.read()

    def page(self, start):
        begun = time.perf_counter()
        status, body = self.ask("POST", body=crawl_body(start))
        took = time.perf_counter() - begun
        if status != 200 or b"ExceptionReport" in body:
            raise RuntimeError(body[:500])
        return took, attribute(body, "numberOfRecordsMatched"), attribute(body, "numberOfRecordsReturned"), attribute(body, "nextRecord")

    def crawl(self, most=None):
        """Every page in turn; with `most`, only so many. Answers the seconds of each, and the records read."""
        start, times, read = 1, [], 0
        while start and (most is None or len(times) < most):
            took, _, returned, start = self.page(start)
            times.append(took)
            read += returned
        return times, read

    def by_id(self, identifier):
        return self.ask("GET", f"{'&' if '?' in self.path else '?'}service=CSW&version=2.0.2&request=GetRecordById&elementSetName=full&outputSchema=http://www.isotc211.org/2005/gmd&id={identifier}")


def rate_by_id(port, path, identifiers, seconds, clients):
    """GetRecordById in a second, by so many clients at once."""
    counts, end = [0] * clients, time.perf_counter() + seconds

    def run(mine):
        catalogue, rng = Catalogue(port, path), random.Random(mine)
        while time.perf_counter() < end:
            status, body = catalogue.by_id(rng.choice(identifiers))
            if status != 200 or b"MD_Metadata" not in body:
                raise RuntimeError(body[:300])
            counts[mine] += 1

    threads = [threading.Thread(target=run, args=(n,)) for n in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / seconds


PYCSW = """[server]
home={home}
url=http://127.0.0.1:{port}/
mimetype=application/xml; charset=UTF-8
encoding=UTF-8
language=en-US
maxrecords=1000
pretty_print=false
profiles=apiso
[manager]
transactions=false
allowed_ips=127.0.0.1
[metadata:main]
identification_title=bench
identification_abstract=bench
identification_keywords=bench
identification_keywords_type=theme
identification_fees=None
identification_accessconstraints=None
provider_name=bench
provider_url=http://127.0.0.1/
contact_name=bench
contact_position=bench
contact_address=bench
contact_city=bench
contact_stateorprovince=bench
contact_postalcode=0
contact_country=France
contact_phone=0
contact_fax=0
contact_email=bench@example.org
contact_url=http://127.0.0.1/
contact_hours=0
contact_instructions=bench
contact_role=pointOfContact
[repository]
database=postgresql://{user}@/{database}?host={host}&port={pgport}
table=records
"""
SERVE = "import sys; from wsgiref.simple_server import make_server, WSGIRequestHandler as H; import pycsw.wsgi as w; H.log_message = lambda *a: None; make_server('127.0.0.1', int(sys.argv[1]), w.application).serve_forever()"


class Pycsw:
    """pycsw in one process over a database of its own in the same PostgreSQL; `PYCSW` names its Python."""

    def __init__(self, bench, folder):
        self.python, self.process = os.environ["PYCSW"], None
        cluster, self.port = bench.cluster, bench.free_port()
        cluster.sql("drop database if exists bench_pycsw with (force)")
        cluster.sql("create database bench_pycsw")
        found = subprocess.run([self.python, "-c", "import pycsw, os; print(os.path.dirname(pycsw.__file__))"], capture_output=True, text=True, check=True)
        config = bench.work / "pycsw.cfg"
        config.write_text(PYCSW.format(home=found.stdout.strip(), port=self.port, user=cluster.user, database="bench_pycsw", host=cluster.host, pgport=cluster.port))
        admin = [self.python, str(pathlib.Path(self.python).parent / "pycsw-admin.py"), "-f", str(config)]
        subprocess.run([*admin, "-c", "setup_db"], check=True, capture_output=True)
        begun = time.perf_counter()
        subprocess.run([*admin, "-c", "load_records", "-p", str(folder)], check=True, capture_output=True)
        self.loaded = time.perf_counter() - begun
        environment = os.environ | {"PYCSW_CONFIG": str(config)}
        self.process = subprocess.Popen([self.python, "-c", SERVE, str(self.port)], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(600):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)
        raise SystemExit("pycsw did not become ready")

    def stop(self):
        self.process.terminate()
        self.process.wait(30)


def run(bench):
    """Loading, a whole crawl, single records; ours, then pycsw's where it is."""
    folder = write(bench.work / f"records-{RECORDS}", RECORDS)
    cluster, peer = bench.cluster, None
    cluster.sql("drop database if exists bench_catalogue with (force)")
    cluster.sql("create database bench_catalogue")
    url = f"host={cluster.host} port={cluster.port} user={cluster.user} dbname=bench_catalogue"
    command = [bench.options.datasud, "records", "import", str(folder), "--organisation", "bench", "--database-url", url, "--data", str(bench.work / "catalogue")]
    begun = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    loaded = time.perf_counter() - begun
    if os.environ.get("PYCSW"):
        peer = Pycsw(bench, folder)
    name = f"{RECORDS:,} ISO records"
    bench.record(f"loading {name}", loaded, peer and peer.loaded, unit="s", peer="pycsw", target="0.1 x", note=f"{RECORDS / loaded:.0f} records a second")
    server = bench.catalogue_server(url)
    try:
        measured(bench, server, peer, name)
    finally:
        server.stop()
        if peer:
            peer.stop()


def measured(bench, server, peer, name):
    ours = Catalogue(server.port, "/csw")
    ours.crawl(most=20)
    with bench.peak_of(server.pid) as memory:
        times, read = ours.crawl()
    if read != RECORDS:
        raise SystemExit(f"the crawl read {read} records of {RECORDS}")
    theirs = None
    if peer:
        catalogue = Catalogue(peer.port, "/")
        catalogue.crawl(most=5)
        theirs, _ = catalogue.crawl()
    tail = max(len(times) // 20, 1)
    bench.record(f"crawl of {name}, pages of {PAGE}", sum(times), theirs and sum(theirs), unit="s", peer="pycsw", target="0.05 x", note=f"memory grew by {memory.growth:.0f} MB")
    first, last = statistics.median(times[1:tail + 1]) * 1000, statistics.median(times[-tail:]) * 1000
    bench.record("its last pages", last, first, peer="its first pages", target="1 x")
    identifiers = [record(number)[0] for number in range(0, RECORDS, max(RECORDS // 2000, 1))]
    rate = rate_by_id(server.port, "/csw", identifiers, 10, 4)
    their_rate = rate_by_id(peer.port, "/", identifiers, 10, 4) if peer else None
    bench.record("GetRecordById by 4 clients", rate, their_rate, unit="a second", peer="pycsw", target="2000 a second")
