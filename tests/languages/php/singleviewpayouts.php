<?php // Needs ./singleviewpayouts, made by: openapi-generator-cli generate --skip-validate-spec -g php -i singleviewpayouts.yaml -o singleviewpayouts -p invokerPackage=Singleviewpayouts
require 'vendor/autoload.php'; // composer.json: require guzzlehttp/guzzle, autoload psr-4 {"Singleviewpayouts\\": "singleviewpayouts/lib"}

$baseUrl = getenv('SINGLEVIEWPAYOUTS_SANDBOX_BASE_URL');
$company = getenv('SINGLEVIEWPAYOUTS_SANDBOX_COMPANY_ID');
$tokens = new Singleviewpayouts\Api\TokenApi(config: (new Singleviewpayouts\Configuration())->setHost($baseUrl));
try {
    $reference = bin2hex(random_bytes(8)); // 16 letters and digits, new for each request
    $response = $tokens->generateToken($company, $reference, gmdate('Y-m-d\TH:i:s'), 'Web', new Singleviewpayouts\Model\TokenRequest([
        'client_id' => getenv('SINGLEVIEWPAYOUTS_SANDBOX_CLIENT_ID'),
        'client_code' => getenv('SINGLEVIEWPAYOUTS_SANDBOX_CLIENT_CODE'),
        'grant_type' => 'client_credentials',
    ]));
} catch (Singleviewpayouts\ApiException $error) {
    fwrite(STDERR, "singleviewpayouts: no token, code {$error->getResponseObject()?->getErrorCode()}\n");
    exit(1);
}
if (!$response->getAccessToken()) { // a rejection may be a 200
    fwrite(STDERR, "singleviewpayouts: no token, code {$response->getErrorCode()}\n");
    exit(1);
}
$lifetime = (int) $response->getExpiresIn() > 0 ? (int) $response->getExpiresIn() : 3600;

// The emulator's echo API stands for the API that you want to use.
$headers = ['Authorization' => "Bearer {$response->getAccessToken()}", 'CompanyId' => $company];
$status = (new GuzzleHttp\Client())->get("$baseUrl/echo", ['headers' => $headers, 'http_errors' => false])->getStatusCode();
echo "singleviewpayouts: a token for $lifetime s, the API responded with $status\n";
